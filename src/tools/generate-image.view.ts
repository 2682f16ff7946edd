/** Shows the image of generateImage with its prompt, makes variations of it, and lets people keep it. */
import type { CallToolResult } from "@modelcontextprotocol/client";
import { bytesOf } from "../browser/base64.ts";
import { h } from "../browser/element.ts";
import { openView, say, showResult, statusLine } from "../browser/view.ts";

const TOOL = "generateImage";
/** The image model may take long. */
const MILLISECONDS = 5 * 60_000;

const status = statusLine();
/** A canvas, since some hosts allow no images, not even those of the result (Content Security Policy, `img-src`). */
const image = h("canvas", { attributes: { role: "img" } });
const prompt = h("textarea", { id: "prompt", rows: 2 });
const variation = h("button", { type: "button" }, "Make a variation");
const download = h("a", { className: "button" }, "Download");
const buttons = h("div", { className: "row" }, variation, download);
const details = h("div", { className: "parts", hidden: true }, image, h("label", {}, "Prompt", prompt), buttons);

let steps: unknown;
let file = { name: "", mimeType: "", data: "" };

async function show({ content, structuredContent }: CallToolResult): Promise<void> {
	const picture = content.find(({ type }) => type === "image");
	if (picture?.type !== "image") {
		status.textContent = "The result has no image.";
		return;
	}
	const { data, mimeType } = picture;
	const made: Record<string, unknown> = Object(structuredContent);
	steps = made.steps;
	prompt.value = String(made.prompt ?? "");
	file = { name: `image.${mimeType.replace("image/", "")}`, mimeType, data };
	Object.assign(download, { href: `data:${mimeType};base64,${data}`, download: file.name });
	const bitmap = await createImageBitmap(new Blob([bytesOf(data)], { type: mimeType }));
	Object.assign(image, { width: bitmap.width, height: bitmap.height });
	image.setAttribute("aria-label", prompt.value);
	image.getContext("bitmaprenderer")?.transferFromImageBitmap(bitmap);
	details.hidden = false;
	status.textContent = `Made by ${made.model} in ${steps} steps.`;
}

const app = await openView({
	title: "Image",
	elements: [details],
	status,
	show,
	ready(app) {
		variation.hidden = !app.getHostCapabilities()?.serverTools;
	},
});

variation.addEventListener("click", async () => {
	variation.disabled = true;
	say(status, "Drawing…");
	try {
		const call = { name: TOOL, arguments: { prompt: prompt.value, ...(steps !== undefined && { steps }) } };
		const result = await app.callServerTool(call, { timeout: MILLISECONDS });
		await showResult(result, { show, status });
		if (!result.isError && app.getHostCapabilities()?.updateModelContext) {
			const text = `The user made a variation of the image, with the prompt: ${prompt.value}`;
			await app.updateModelContext({ content: [{ type: "text", text }] });
		}
	} catch {
		say(status, "The variation could not be made. Try again.", true);
	} finally {
		variation.disabled = false;
	}
});

// A frame of most hosts cannot save files itself. One whose host cannot either may be allowed to: then it is a plain link.
download.addEventListener("click", async (event) => {
	if (!app.getHostCapabilities()?.downloadFile) return;
	event.preventDefault();
	const { name, mimeType, data } = file;
	const resource = { uri: `file:///${name}`, mimeType, blob: data };
	const { isError } = await app.downloadFile({ contents: [{ type: "resource", resource }] });
	if (isError) status.textContent = "The image was not saved.";
});
