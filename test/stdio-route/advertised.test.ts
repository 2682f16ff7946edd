/** Where the stdio server is spoken of: everywhere, with the command that runs; nowhere, if there is none. */
import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { grantTokens } from "../support/grants.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { DORA } from "../support/people.ts";
import { fillIn, Person, readText } from "../support/person.ts";
import { askTool, INITIALIZE, LOCAL, mcp } from "../support/worker.ts";
import { envWith, type Settings, workerWith } from "./worker.ts";

const NONE: Settings = { STDIO_URL: "" };
const LISTED: Settings = { STDIO_ALLOWED_USERS: "bob@example.com" };
const CONTAINER: Settings = { STDIO_URL: "", STDIO_COMMAND: "uvx mcp-server-fetch" };

async function textOf(path: string, settings: Settings): Promise<string> {
	return readText(await (await workerWith(settings)(LOCAL + path, { headers: { Accept: "text/html" } })).text());
}

/** What a person sees on the consent page and on the sign-in page. */
async function walk(settings: Settings): Promise<{ consent: string; signIn: string }> {
	const via = workerWith(settings);
	const client = new OAuthClient(via, LOCAL);
	const by = new Person(via);
	const { url } = await client.authorizationUrl(await client.register(), { resource: null });
	const consent = await (await by.get(url)).text();
	const allowed = await by.post(`${LOCAL}/authorize`, fillIn(consent, {}).fields);
	const signIn = await (await by.get(LOCAL + allowed.headers.get("Location"))).text();
	return { consent: readText(consent), signIn: readText(signIn) };
}

/** What is said to a client that asks for a token for the stdio server. */
async function askFor(resource: string, settings: Settings): Promise<string> {
	const via = workerWith(settings);
	const client = new OAuthClient(via, LOCAL);
	const { url } = await client.authorizationUrl(await client.register(), { resource });
	const response = await via(url, { redirect: "manual" });
	return new URL(response.headers.get("Location") ?? LOCAL).searchParams.get("error") ?? String(response.status);
}

/** What a user whose identity provider gives them the permission is granted, and is told of themselves. */
async function grantedTo(settings: Settings) {
	const own = { via: workerWith(settings), env: envWith(settings) };
	const props = { user: { ...DORA, permissions: ["stdio"] } };
	const tokens = await grantTokens({ origin: LOCAL, props, scope: ["identity", "stdio"], resource: null, ...own });
	const token = tokens.access_token;
	const opened = await mcp(INITIALIZE, { token, ...own });
	await opened.text();
	const session = opened.headers.get("Mcp-Session-Id") ?? "";
	const { structuredContent } = await askTool("caller", {}, { token, session, ...own });
	return { scope: tokens.scope, permissions: structuredContent?.permissions };
}

describe("a stdio server is spoken of", () => {
	const METADATA = ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/mcp"] as const;

	it("in the metadata of the authorization server, where there is one, and never in those of /mcp", async () => {
		const said = (settings: Settings) =>
			Promise.all(METADATA.map(async (path) => (await textOf(path, settings)).includes("stdio")));
		expect(await said({})).toEqual([true, false]);
		expect(await said(CONTAINER)).toEqual([true, false]);
		expect(await said(NONE)).toEqual([false, false]);
	});

	it("on the home page, where there is one", async () => {
		expect(await textOf("/", {})).toContain("http://localhost:8788/stdio/mcp");
		expect(await textOf("/", NONE)).not.toMatch(/stdio/i);
	});

	it("on the consent page, where there is one", async () => {
		expect((await walk({})).consent).toContain("Use the stdio MCP server");
		expect((await walk(NONE)).consent).not.toMatch(/stdio|container/i);
	});

	it("at the built-in sign-in, where there is one that not everyone may use", async () => {
		expect((await walk(LISTED)).signIn).toContain("May use the stdio server");
		for (const settings of [NONE, {}]) {
			const { signIn } = await walk(settings);
			expect(signIn).not.toMatch(/stdio/i);
			expect(signIn).toContain("May be let in");
		}
	});

	it("to clients that ask for its tokens, where there is one", async () => {
		for (const path of ["/stdio/mcp", "/stdio/sse"]) {
			expect(await askFor(LOCAL + path, {})).toBe("200");
			expect(await askFor(LOCAL + path, NONE)).toBe("invalid_target");
		}
	});

	it("in tokens and to tools, where there is one", async () => {
		expect(await grantedTo({})).toEqual({ scope: "identity stdio", permissions: ["stdio"] });
		expect(await grantedTo(NONE)).toEqual({ scope: "identity", permissions: [] });
	});
});

describe("the sign-in page", () => {
	it("offers no permissions where everyone has them all", async () => {
		const settings: Settings = { ...NONE, IMAGE_GENERATION_USERS: "*" };
		expect((await walk(settings)).signIn).not.toContain("Permissions to try it with");
		expect((await walk(NONE)).signIn).toContain("Permissions to try it with");
	});
});

describe("the command that runs", () => {
	const HERE = "Use the stdio MCP server that runs on this computer";
	const THERE = "Use the stdio MCP server that runs for you in a container";
	const everything = "npx -y @modelcontextprotocol/server-everything";

	it.each([
		{ what: "on this computer", settings: { STDIO_COMMAND: everything }, sentence: HERE, command: everything },
		{ what: "in a container", settings: CONTAINER, sentence: THERE, command: "uvx mcp-server-fetch" },
		{
			what: "without arguments that may hold keys",
			settings: { STDIO_COMMAND: "npx -y mcp-remote https://a.example/?key=hunter2 --header 'X: hunter2'" },
			sentence: HERE,
			command: "npx -y mcp-remote …",
		},
	])("is on the consent page and the home page, $what", async ({ settings, sentence, command }) => {
		const { consent } = await walk(settings);
		expect(consent.replace(/\s+/g, " ")).toContain(`${sentence}: ${command}`);
		const home = await textOf("/", settings);
		expect(home.replace(/\s+/g, " ")).toContain(`/stdio/mcp (${command})`);
		expect(consent + home).not.toContain("hunter2");
	});

	it("may be unknown, of a bridge that was started by hand", async () => {
		const { consent } = await walk({ STDIO_COMMAND: "" });
		expect(consent).toContain(HERE);
		expect(consent).not.toContain(`${HERE}:`);
	});

	it("is shown as text", async () => {
		const page = await workerWith({ STDIO_COMMAND: "<b>x" })(`${LOCAL}/`);
		expect(parse(await page.text()).querySelectorAll("b")).toHaveLength(0);
	});
});
