/** Desktop apps that reach this server with `mcp-remote`. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { parse } from "node-html-parser";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { readAuthorizationUrl } from "./command.ts";
import { type RunningMcpRemote, runMcpRemote } from "./mcp-remote.ts";
import { signInAndReturn } from "./sign-in.ts";
import { makeTemporaryHome, type TemporaryHome } from "./temporary-home.ts";
import { ANYONES_TOOLS, addNumbers, callTool, listToolNames, pngSizeOf, textOf } from "./tool-client.ts";

const origin = inject("origin");
const clients: Client[] = [];
let home: TemporaryHome;

beforeEach(async () => {
	home = await makeTemporaryHome();
});

afterEach(async () => {
	for (const client of clients.splice(0)) await client.close();
	await home.remove();
});

/** What the home page has people paste into a desktop app. */
async function pastedArguments(): Promise<[url: string, ...flags: string[]]> {
	const page = parse(await (await fetch(origin)).text());
	const [config] = page.querySelectorAll("#panel-others pre").flatMap(({ textContent }) => {
		return textContent.startsWith("{") ? [JSON.parse(textContent)] : [];
	});
	const { command, args } = config.mcpServers["remote-mcp-server"];
	expect([command, ...args.slice(0, 2)]).toEqual(["npx", "-y", "mcp-remote"]);
	return args.slice(2);
}

async function run(path: string): Promise<RunningMcpRemote> {
	const [url, ...flags] = path === "/mcp" ? await pastedArguments() : [origin + path];
	const running = runMcpRemote(home, url, flags);
	clients.push(running.client);
	return running;
}

const ENDPOINTS = [
	{ path: "/mcp", transport: "StreamableHTTPClientTransport" },
	{ path: "/sse", transport: "SSEClientTransport" },
];

describe.each(ENDPOINTS)("mcp-remote at $path", ({ path, transport }) => {
	it("signs in, lists the tools and calls them", async () => {
		const { client, connected, printed } = await run(path);
		await Promise.all([
			connected,
			readAuthorizationUrl(printed).then((url) => signInAndReturn(url, { email: "dave@example.com" })),
		]);
		expect(printed()).toContain(`Connected to remote server using ${transport}`);
		expect(await listToolNames(client)).toEqual(ANYONES_TOOLS);
		expect(await addNumbers(client, 2, 3)).toBe("5");
		const { structuredContent } = await callTool(client, "whoami");
		expect(structuredContent).toMatchObject({ email: "dave@example.com" });
		const refused = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(refused.isError).toBe(true);
		expect(textOf(refused)).toContain('needs the permission "image_generation"');
	});

	it("brings the image to a user who may generate one", async () => {
		const { client, connected, printed } = await run(path);
		const answers = { permissions: ["image_generation"] };
		await Promise.all([connected, readAuthorizationUrl(printed).then((url) => signInAndReturn(url, answers))]);
		expect(await listToolNames(client)).toContain("generateImage");
		const result = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(pngSizeOf(result)).toEqual({ width: 128, height: 128 });
	});

	it("stays signed in when the desktop app starts it again", async () => {
		const first = await run(path);
		await Promise.all([first.connected, readAuthorizationUrl(first.printed).then((url) => signInAndReturn(url))]);
		await first.client.close();
		const second = await run(path);
		await second.connected;
		expect(await addNumbers(second.client, 2, 3)).toBe("5");
		expect(second.printed()).not.toContain("/authorize?");
	});
});

it("mcp-remote asks for a scope that was left unticked, once a tool needs it", async () => {
	const permissions = ["image_generation"];
	const { client, connected, printed } = await run("/mcp");
	const signedIn = readAuthorizationUrl(printed).then((url) =>
		signInAndReturn(url, { permissions, scopes: ["tools"] }),
	);
	await Promise.all([connected, signedIn]);
	const [result] = await Promise.all([
		callTool(client, "generateImage", { prompt: "a lighthouse" }),
		readAuthorizationUrl(printed, 2).then((url) => signInAndReturn(url, { permissions })),
	]);
	expect(pngSizeOf(result)).toEqual({ width: 128, height: 128 });
});
