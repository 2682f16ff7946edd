/** Views of tools (MCP Apps) on screen: the playground is their host. */
import { readFile } from "node:fs/promises";
import type { Frame, FrameLocator } from "playwright-core";
import { expect, inject, it } from "vitest";
import { violationsOf } from "./axe.ts";
import { type Card, type PlaygroundPage, useBrowsers, WAYS } from "./playground-page.ts";
import { connectV2Auto } from "./signed-in-client.ts";

const PROMPT = "A lighthouse at dawn";

const browsers = useBrowsers();
const origin = inject("origin");

const viewOf = ({ answer }: Card): FrameLocator => answer.frameLocator("iframe");

/** Generates an image, and waits until its view shows it. */
async function draw(playground: PlaygroundPage, prompt = PROMPT): Promise<Card> {
	const card = playground.card("generateImage");
	await card.call({ prompt });
	await viewOf(card).getByRole("img", { name: prompt }).waitFor();
	return card;
}

/** The frame of the view that is on the page. */
function frameOf({ page }: PlaygroundPage): Frame {
	const [frame] = page.frames().filter((one) => one.parentFrame());
	if (!frame) throw new Error("There is no view on the page");
	return frame;
}

it.each(WAYS)("an image is shown with its prompt, and a variation replaces it, over the connection %s", async (way) => {
	const playground = await browsers.openSignedIn(origin, way);
	const view = viewOf(await draw(playground));
	const image = view.getByRole("img");
	await expect.poll(() => image.evaluate((one) => Reflect.get(one, "width"))).toBe(128);
	const pixels = () => image.evaluate((canvas: { toDataURL(): string }) => canvas.toDataURL());
	const before = await pixels();
	const prompt = view.getByLabel("Prompt");
	expect(await prompt.inputValue()).toBe(PROMPT);
	await prompt.fill("The same at dusk");
	await view.getByRole("button", { name: "Make a variation" }).click();
	await view.getByRole("img", { name: "The same at dusk" }).waitFor();
	expect(await pixels()).not.toBe(before);
	expect(await playground.page.locator(".messages").textContent()).toContain("The same at dusk");
});

it("an image is saved if the user agrees", async () => {
	const playground = await browsers.openSignedIn(origin);
	const { page } = playground;
	const view = viewOf(await draw(playground));
	const download = view.getByText("Download");
	page.once("dialog", (dialog) => dialog.dismiss());
	await download.click();
	await view.getByText("The image was not saved.").waitFor();
	const saved = page.waitForEvent("download");
	page.once("dialog", (dialog) => dialog.accept());
	await download.click();
	const file = await saved;
	expect(file.suggestedFilename()).toBe("image.png");
	const bytes = await readFile(await file.path());
	expect(bytes.subarray(1, 4).toString()).toBe("PNG");
});

it("a variation that fails says why, keeps the image, and can be tried again", async () => {
	const playground = await browsers.openSignedIn(origin);
	const card = await draw(playground);
	const view = viewOf(card);
	const prompt = view.getByLabel("Prompt");
	const variation = view.getByRole("button", { name: "Make a variation" });
	await prompt.fill("a".repeat(2049));
	await variation.click();
	await view
		.getByText(/prompt/i)
		.and(view.locator(".problem"))
		.waitFor();
	await view.getByRole("img", { name: PROMPT }).waitFor();
	await prompt.fill("shorter");
	await variation.click();
	await view.getByRole("img", { name: "shorter" }).waitFor();
});

it("a variation without a prompt asks for it at the tool's card", async () => {
	const playground = await browsers.openSignedIn(origin);
	const card = await draw(playground);
	const view = viewOf(card);
	await view.getByLabel("Prompt").fill("");
	await view.getByRole("button", { name: "Make a variation" }).click();
	await card.question.getByLabel("Prompt").fill("a boat");
	await card.question.getByRole("button", { name: "Answer" }).click();
	await view.getByRole("img", { name: "a boat" }).waitFor();
});

it("a variation after the access has ended asks for another sign-in", async () => {
	const playground = await browsers.openSignedIn(origin);
	const view = viewOf(await draw(playground));
	await playground.changeTokens({ access_token: "none", refresh_token: "none" });
	await view.getByRole("button", { name: "Make a variation" }).click();
	await playground.page.getByText("Your access has ended. Sign in again.").waitFor();
});

it("notes are shown, newest first, and none where there are none", async () => {
	const playground = await browsers.openSignedIn(origin);
	const recall = playground.card("recall");
	await recall.call();
	await viewOf(recall).getByText("There are no notes yet.").waitFor();
	for (const note of ["Buy milk", "Call <b>Ada</b>"]) await playground.card("remember").call({ note });
	await recall.call();
	await viewOf(recall).getByText("2 notes.").waitFor();
	const notes = await viewOf(recall).getByRole("listitem").allTextContents();
	expect(notes.map((note) => note.replace(/Note \d.*/, ""))).toEqual(["Call <b>Ada</b>", "Buy milk"]);
});

it.each(WAYS)("a view goes on while the lists change around it, over the connection %s", async (way) => {
	const playground = await browsers.openSignedIn(origin, way);
	const recall = playground.card("recall");
	await recall.call();
	await viewOf(recall).getByText("There are no notes yet.").waitFor();
	await frameOf(playground).evaluate("document.body.append('as it was')");
	const other = await connectV2Auto(origin, playground.email);
	// So soon after one another that a list may be read again although nothing in it has changed.
	await Promise.all([1, 2, 3].map((number) => other.call("remember", { note: `Note ${number}` })));
	for (const number of [1, 2, 3]) await playground.card(`notes://${number}`).element.waitFor();
	await other.call("remember", { note: "Note 4" });
	await playground.card("notes://4").element.waitFor();
	await viewOf(recall).getByText("as it was").waitFor();
	await other.close();
});

it("the result as other apps see it is below the view", async () => {
	const playground = await browsers.openSignedIn(origin);
	const { answer } = await draw(playground);
	const picture = answer.getByRole("img", { name: "The image of the result" });
	expect(await picture.isVisible()).toBe(false);
	await answer.getByText("What apps without views show").click();
	await picture.waitFor();
});

it("a view has neither the origin of the page nor its storage", async () => {
	const playground = await browsers.openSignedIn(origin);
	await draw(playground);
	const tried = await frameOf(playground).evaluate(() => {
		const attempt = (run: () => unknown) => {
			try {
				run();
				return "possible";
			} catch {
				return "refused";
			}
		};
		return {
			origin: Reflect.get(globalThis, "origin"),
			storage: attempt(() => Reflect.get(globalThis, "sessionStorage")),
			page: attempt(() => Reflect.get(Reflect.get(globalThis, "parent"), "document")),
		};
	});
	expect(tried).toEqual({ origin: "null", storage: "refused", page: "refused" });
});

it("a view that does not start leaves the result as other apps see it", async () => {
	const playground = await browsers.openSignedIn(origin);
	await playground.page.route("**/views/*", (route) => route.fulfill({ status: 404, body: "Not found" }));
	const card = playground.card("generateImage");
	await card.call({ prompt: PROMPT });
	await card.answer.getByText("The view of this tool did not start.").waitFor();
	await card.answer.getByRole("img", { name: "The image of the result" }).waitFor();
});

it.each(["light", "dark"] as const)(
	"views are accessible, and in the colours of the page, in %s mode",
	async (theme) => {
		const playground = await browsers.openSignedIn(origin);
		const { page } = playground;
		await page.emulateMedia({ colorScheme: theme });
		await draw(playground);
		expect(await violationsOf(frameOf(playground))).toEqual([]);
		const ink = "getComputedStyle(document.body).color";
		await expect.poll(async () => frameOf(playground).evaluate(ink)).toBe(await page.evaluate(ink));
		await playground.card("remember").call({ note: "Buy milk" });
		await playground.card("generateImage").element.evaluate((card) => card.remove());
		const recall = playground.card("recall");
		await recall.call();
		await viewOf(recall).getByText("1 note.").waitFor();
		expect(await violationsOf(frameOf(playground))).toEqual([]);
	},
);
