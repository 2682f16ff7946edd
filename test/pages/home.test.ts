import { type HTMLElement, parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { server } from "#under-test";
import { CLIENT_IDS } from "../../src/pages/clients.ts";
import { readText } from "../support/person.ts";
import { DEPLOYED, fetchWorker, LOCAL, way } from "../support/worker.ts";

describe("the home page", () => {
	it.each([LOCAL, "http://127.0.0.1:9000", DEPLOYED])(
		"of %s says which tools there are and how to connect to it",
		async (origin) => {
			const response = await fetchWorker(`${origin}/`);
			expect(response.status).toBe(200);
			const text = readText(await response.text());
			for (const tool of server.catalogue.tools) expect(text).toContain(tool.name);
			expect(text).toContain(`${origin}/mcp`);
			expect(text).toContain(`${origin}/sse`);
			expect(text).toContain("mcp-remote");
		},
	);

	it("says to programs where the endpoints are and how people sign in", async () => {
		const ask = (Accept: string) => fetchWorker(`${LOCAL}/`, { headers: { Accept } });
		const response = await ask("application/json");
		expect(response.headers.get("Vary")).toBe("Accept");
		expect(await response.json()).toEqual({
			name: server.info.name,
			title: server.info.title,
			mcp: `${LOCAL}/mcp`,
			sse: `${LOCAL}/sse`,
			others: [],
			try_it: server.pages.filter(({ isClient }) => isClient).map(({ title, path }) => ({ title, url: LOCAL + path })),
			sign_in: way,
			...(way === "built-in" && { callback: `${LOCAL}/callback` }),
		});
		for (const accept of ["*/*", "text/html, application/json"]) {
			expect((await ask(accept)).headers.get("Content-Type")).toMatch("text/html");
		}
	});
});

/** The home page of an origin, and what it says to paste for each client. */
async function openHome(origin: string) {
	const page = parse(await (await fetchWorker(`${origin}/`)).text());
	const panels = page.querySelectorAll(".tabs > section").map((panel): [string, HTMLElement] => [panel.id, panel]);
	return { page, panels };
}
const { title } = server.info;
const codesOf = (panel: HTMLElement) => panel.querySelectorAll("pre").map(({ textContent }) => textContent);

describe.each([LOCAL, DEPLOYED])("at %s, the tab of each client", (origin) => {
	const url = `${origin}/mcp`;

	it("has its own button, and something to paste that names this address", async () => {
		const { page, panels } = await openHome(origin);
		expect(panels.map(([id]) => id)).toEqual(CLIENT_IDS.map((id) => `panel-${id}`));
		for (const id of CLIENT_IDS) {
			expect(page.querySelector(`label[for=client-${id}]`)?.textContent).not.toBe("");
			expect(page.querySelectorAll(`#client-${id}[type=radio][name=client]`)).toHaveLength(1);
		}
		for (const [id, panel] of panels) {
			const isUnreachable = id === "panel-chatgpt" && (origin === LOCAL || way === "api-key");
			if (!isUnreachable) expect(codesOf(panel).join("\n"), id).toContain(url);
		}
	});

	it("with JSON has an entry that parses, for a server of this name", async () => {
		const { panels } = await openHome(origin);
		const entries = panels.flatMap(([id, panel]) =>
			codesOf(panel)
				.filter((code) => code.startsWith("{"))
				.map((code) => ({ id, config: JSON.parse(code) })),
		);
		expect(entries.map(({ id }) => id)).toEqual(
			expect.arrayContaining(["panel-cursor", "panel-vs-code", "panel-windsurf", "panel-others"]),
		);
		for (const { id, config } of entries) {
			const { mcpServers, servers } = config;
			const entry = (mcpServers ?? servers)[server.info.name];
			expect(entry.url ?? entry.serverUrl ?? entry.args[2], id).toBe(url);
			if (way !== "api-key") expect(JSON.stringify(entry)).not.toContain("Authorization");
			else expect(JSON.stringify(entry)).toContain("Bearer YOUR_API_KEY");
		}
	});

	it("with a link has the same entry behind it", async () => {
		const { page, panels } = await openHome(origin);
		const codeOf = (id: string) => JSON.parse(codesOf(Object.fromEntries(panels)[id] as HTMLElement)[0] ?? "");
		const [cursor, vsCode] = page
			.querySelectorAll(".tabs a.button")
			.map((link) => new URL(link.getAttribute("href") ?? ""));
		expect(cursor?.href).toMatch(/^cursor:\/\/anysphere\.cursor-deeplink\/mcp\/install\?/);
		expect(cursor?.searchParams.get("name")).toBe(server.info.name);
		const config = JSON.parse(atob(cursor?.searchParams.get("config") ?? ""));
		expect(config).toEqual(codeOf("panel-cursor").mcpServers[server.info.name]);
		expect(vsCode?.href).toMatch(/^vscode:mcp\/install\?/);
		const { name, ...entry } = JSON.parse(decodeURIComponent(vsCode?.search.slice(1) ?? ""));
		expect({ [name]: entry }).toEqual(codeOf("panel-vs-code").servers);
	});
});

describe("the home page as Markdown", () => {
	it.each([
		["/llms.txt", "*/*"],
		["/", "text/markdown"],
	])("at %s says the same", async (path, Accept) => {
		const response = await fetchWorker(LOCAL + path, { headers: { Accept } });
		expect(response.headers.get("Content-Type")).toBe("text/markdown; charset=utf-8");
		const text = await response.text();
		expect(text).toMatch(new RegExp(`^# ${title}\n`));
		for (const tool of server.catalogue.tools) expect(text).toContain(`\`${tool.name}\``);
		const { panels } = await openHome(LOCAL);
		for (const code of panels.flatMap(([, panel]) => codesOf(panel))) expect(text).toContain(code);
	});
});

describe("/server.json", () => {
	/** The rules of the registry's schema of 2025-12-11. */
	const schema = z.strictObject({
		$schema: z.literal("https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"),
		name: z
			.string()
			.min(3)
			.max(200)
			.regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
		title: z.string().min(1).max(100),
		description: z.string().min(1).max(100),
		version: z.string().max(255),
		websiteUrl: z.url(),
		icons: z.array(
			z.strictObject({ src: z.url().max(255), mimeType: z.literal("image/svg+xml"), sizes: z.array(z.literal("any")) }),
		),
		repository: z.strictObject({ url: z.url(), source: z.string() }).optional(),
		remotes: z.array(z.strictObject({ type: z.enum(["streamable-http", "sse"]), url: z.url() })),
	});

	it.each([LOCAL, "http://[::1]:8788", DEPLOYED])("of %s fits the schema of the MCP registry", async (origin) => {
		const { data, error } = schema.safeParse(await (await fetchWorker(`${origin}/server.json`)).json());
		expect(error).toBeUndefined();
		expect(data?.remotes.map(({ url }) => url)).toEqual([`${origin}/mcp`, `${origin}/sse`]);
		if (origin === DEPLOYED) expect(data?.name).toBe(`com.example.mcp/${server.info.name}`);
	});
});

describe("the server's mark", () => {
	it.each(["/icon.svg", "/favicon.ico"])("is at %s", async (path) => {
		const response = await fetchWorker(LOCAL + path);
		expect(response.headers.get("Content-Type")).toBe("image/svg+xml");
		expect(await response.text()).toBe(server.theme.mark);
	});
});

it("has a picture for links only if the theme says so", async () => {
	const { page } = await openHome("https://mcp.example.com");
	const content = (name: string) => page.querySelector(`meta[property="${name}"]`)?.getAttribute("content");
	const response = await fetchWorker(`${LOCAL}/preview.png`);
	if (server.theme.hasPreview) {
		expect(content("og:image")).toBe("https://mcp.example.com/preview.png");
		expect(content("og:image:alt")).toContain(title);
		expect(response.headers.get("Content-Type")).toBe("image/png");
		const bytes = new DataView(await response.arrayBuffer());
		// PNG, section 11.2.1: the header has the width and the height.
		const size = { width: bytes.getUint32(16), height: bytes.getUint32(20) };
		expect(size).toEqual({ width: Number(content("og:image:width")), height: Number(content("og:image:height")) });
	} else {
		expect(content("og:image")).toBeUndefined();
		expect(response.status).toBe(404);
	}
});

it("no page but the home page may run a script", async () => {
	const policyOf = async (path: string) =>
		(await fetchWorker(LOCAL + path, { headers: { Accept: "text/html" } })).headers.get("Content-Security-Policy");
	expect(await policyOf("/")).toMatch(/script-src 'sha256-[^']+';/);
	expect(await policyOf("/nowhere")).toContain("script-src 'none'");
});

describe("an address that does not exist", () => {
	it("answers people with a page and programs with JSON", async () => {
		const page = await fetchWorker(`${LOCAL}/nowhere`, { headers: { Accept: "text/html" } });
		expect(page.status).toBe(404);
		expect(readText(await page.text())).toContain("There is no such page");
		const json = await fetchWorker(`${LOCAL}/nowhere`);
		expect(json.status).toBe(404);
		expect(await json.json()).toHaveProperty("error_description");
	});
});
