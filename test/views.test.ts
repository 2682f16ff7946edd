/** The views of tools (MCP Apps): who is told of them, what they are, and what their pages may do. */
import { describe, expect, it } from "vitest";
import { server } from "../src/server.ts";
import { ERAS, openEra } from "./support/eras.ts";
import type { Answer, Message } from "./support/wire.ts";
import { fetchWorker, LOCAL, signIn } from "./support/worker.ts";

const MIME_TYPE = "text/html;profile=mcp-app";
const VIEWS = { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: [MIME_TYPE] } } };
const OTHER_VIEWS = { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=other"] } } };

type Listed = {
	icons?: { src: string }[];
	name: string;
	uri: string;
	mimeType: string;
	_meta?: Record<string, unknown>;
};

const shown = server.catalogue.tools.flatMap(({ name, icon, view }) => (view ? [{ name, icon, view }] : []));

function resultOf(answer: Answer): Message {
	if ("result" in answer) return answer.result;
	throw new Error(`There is no result: ${JSON.stringify(answer)}`);
}

async function connect(era: (typeof ERAS)[number], capabilities: object) {
	const { access_token: token } = await signIn({ resource: null, permissions: Object.keys(server.permissions) });
	const client = await openEra(era, { token, capabilities: { ...capabilities } });
	const list = async (kind: "tools" | "resources"): Promise<Listed[]> => {
		return resultOf(await client.request(`${kind}/list`))[kind] as Listed[];
	};
	return { client, list, read: (uri: string) => client.request("resources/read", { uri }) };
}

describe.each(ERAS)("in %s", (era) => {
	it("a client that shows views is told of the view of each tool, and reads it", async () => {
		const { list, read } = await connect(era, VIEWS);
		const tools = await list("tools");
		const resources = await list("resources");
		// Strangers have no permissions.
		for (const { name, view, icon: toolIcon } of shown.filter((one) => tools.some((tool) => tool.name === one.name))) {
			const uri = `ui://views/${view.name}.html`;
			const meta = { ui: { resourceUri: uri }, "ui/resourceUri": uri };
			expect(tools.find((tool) => tool.name === name)?._meta).toEqual(meta);
			const listed = resources.find((resource) => resource.uri === uri);
			const _meta = { ui: expect.objectContaining({ prefersBorder: view.prefersBorder ?? false }) };
			expect(listed).toMatchObject({ title: view.title, mimeType: MIME_TYPE, _meta });
			const [icon] = listed?.icons ?? [];
			if (icon) expect((await fetchWorker(icon.src)).headers.get("Content-Type")).toBe("image/svg+xml");
			expect(icon === undefined).toBe(toolIcon === undefined);
			const page = await (await fetchWorker(`${LOCAL}/views/${view.name}.html`)).text();
			expect(page).toMatch(/^<!doctype html>/);
			const contents = [{ uri, mimeType: MIME_TYPE, text: page, _meta }];
			expect(resultOf(await read(uri))).toMatchObject({ contents });
		}
	});

	it.each([
		["says nothing of views", {}],
		["shows others", OTHER_VIEWS],
		["says what is no capability", { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: MIME_TYPE } } }],
	])("a client that %s sees the same tools and resources, without their views", async (_, capabilities) => {
		const { list } = await connect(era, capabilities);
		const other = await connect(era, VIEWS);
		const withoutViews = (await other.list("tools")).map(({ _meta, ...tool }) => tool);
		expect(await list("tools")).toEqual(withoutViews);
		const resources = await other.list("resources");
		expect(await list("resources")).toEqual(resources.filter(({ mimeType }) => mimeType !== MIME_TYPE));
	});
});

it.each(shown)(
	"a view runs without this server's origin, reaches nothing else, and is framed by this server only: $name",
	async ({ view }) => {
		const response = await fetchWorker(`${LOCAL}/views/${view.name}.html`);
		expect(response.headers.get("Content-Type")).toMatch("text/html");
		expect(response.headers.get("X-Frame-Options")).toBe("SAMEORIGIN");
		const policy = response.headers.get("Content-Security-Policy")?.split("; ") ?? [];
		expect(policy).toEqual(
			expect.arrayContaining(["sandbox allow-scripts", "default-src 'none'", "frame-ancestors 'self'"]),
		);
		expect(policy).toContain(`connect-src ${view.csp?.connectDomains?.join(" ") ?? ""}`);
	},
);

it.each(["/views/none.html", "/views/", "/views/../playground/style.css"])("there is no view at %s", async (path) => {
	const response = await fetchWorker(LOCAL + path);
	expect(response.headers.get("Content-Security-Policy")).not.toContain("sandbox");
	expect(await response.text()).not.toMatch(/^<!doctype html>\n<html lang="en">\n<head>/);
});
