/** The stdio server's resources: their metadata, their tokens, and what people are asked for. */
import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { OAuthClient, type SignInOptions } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { INITIALIZE, LOCAL, mcp } from "../support/worker.ts";
import { fakeObjects, type Settings, sentenceOf, workerWith } from "./worker.ts";

const PATHS = ["/stdio/mcp", "/stdio/sse"] as const;
const { objects, asked } = fakeObjects();
const via = workerWith({ STDIO_LOCAL_OBJECT: objects });
const client = new OAuthClient(via, LOCAL);
const metadataOf = (path: string) => `/.well-known/oauth-protected-resource${path}`;
const methodOf = (path: string) => (path.endsWith("/sse") ? "GET" : "POST");

describe("without a stdio server", () => {
	const none = workerWith({ STDIO_URL: "" });
	const sentence = /^This server runs no stdio MCP server\. .*npm run start:stdio.*STDIO_COMMAND\.$/;

	it.each([...PATHS, "/stdio/sse/message"])("%s is not found, and says how to get there", async (path) => {
		for (const method of ["GET", "POST"]) {
			const response = await mcp(INITIALIZE, { path, method, via: none });
			expect(response.status).toBe(404);
			expect(await sentenceOf(response)).toMatch(sentence);
		}
	});

	it.each(PATHS)("neither is the metadata of %s", async (path) => {
		const response = await none(LOCAL + metadataOf(path));
		expect(response.status).toBe(404);
		const { error_description }: { error_description: string } = await response.json();
		expect(error_description).toMatch(sentence);
	});

	it("is what a server is by default", async () => {
		const response = await mcp(INITIALIZE, { path: "/stdio/mcp" });
		expect(response.status).toBe(404);
	});
});

describe.each(PATHS)("%s", (path) => {
	it("has metadata that name exactly its URL", async () => {
		for (const origin of [LOCAL, "http://127.0.0.1:9000", "https://mcp.example.com"]) {
			const metadata = await (await via(origin + metadataOf(path))).json();
			expect(metadata).toMatchObject({ resource: origin + path, authorization_servers: [origin] });
		}
	});

	it("without a token answers with the way to its metadata", async () => {
		const response = await mcp(INITIALIZE, { path, method: methodOf(path), via });
		expect(response.status).toBe(401);
		const challenge = `Bearer realm="OAuth", resource_metadata="${LOCAL}${metadataOf(path)}"`;
		expect(response.headers.get("WWW-Authenticate")).toBe(challenge);
	});

	it("in a browser shows a page", async () => {
		const response = await via(LOCAL + path, { headers: { Accept: "text/html" } });
		expect(response.status).toBe(401);
		expect(await response.text()).toContain("This address is for your AI assistant");
	});
});

const ENDPOINTS = ["/mcp", "/sse", ...PATHS];

/** At which endpoints a token is accepted. */
async function accepting(token: string): Promise<string[]> {
	const accepted: string[] = [];
	for (const path of ENDPOINTS) {
		const { status, body } = await mcp(INITIALIZE, { token, path, method: methodOf(path), via });
		await body?.cancel();
		if (status === 200) accepted.push(path);
		else expect(status).toBe(401);
	}
	return accepted;
}

describe("a token", () => {
	it.each(ENDPOINTS)("for %s is accepted nowhere else", async (path) => {
		const { access_token } = await client.signIn({ resource: LOCAL + path });
		expect(await accepting(access_token)).toEqual([path]);
	});

	it.each([LOCAL, `${LOCAL}/`, null])("for the whole server (%s) is accepted everywhere", async (resource) => {
		const { access_token, scope } = await client.signIn({ resource });
		expect(scope.split(" ")).toContain("stdio");
		expect(await accepting(access_token)).toEqual(ENDPOINTS);
	});

	it.each(PATHS)("without the scope is told at %s which one is missing", async (path) => {
		const { access_token: token } = await client.signIn({ resource: null, scopes: ["tools", "notes"] });
		asked.length = 0;
		const response = await mcp(INITIALIZE, { token, path, method: methodOf(path), via });
		expect(response.status).toBe(403);
		const challenge = response.headers.get("WWW-Authenticate");
		expect(challenge).toContain('error="insufficient_scope"');
		expect(challenge).toContain('scope="tools notes stdio"');
		expect(asked).toEqual([]);
	});
});

describe("the consent page", () => {
	async function offered(options: SignInOptions, settings: Settings = {}): Promise<(string | undefined)[]> {
		const { url } = await client.authorizationUrl(await client.register(), options);
		const page = await new Person(workerWith(settings)).get(url);
		const boxes = parse(await page.text()).querySelectorAll("input[name=scope]");
		return boxes.map((box) => box.getAttribute("value"));
	}
	const OTHERS = ["tools", "identity", "notes", "images"];

	it.each(PATHS)("for %s offers its one scope, whatever the client asks for", async (path) => {
		const resource = LOCAL + path;
		for (const scope of [undefined, "stdio", "tools stdio", "tools images", "openid"]) {
			expect(await offered({ resource, ...(scope !== undefined && { scope }) })).toEqual(["stdio"]);
		}
	});

	it.each(["/mcp", "/sse"])("for %s never offers it", async (path) => {
		const resource = LOCAL + path;
		expect(await offered({ resource })).toEqual(OTHERS);
		expect(await offered({ resource, scope: "stdio" })).toEqual(["tools"]);
		expect(await offered({ resource, scope: "tools stdio" })).toEqual(["tools"]);
	});

	it("for the whole server offers all, if there is a stdio server", async () => {
		expect(await offered({ resource: null })).toEqual([...OTHERS, "stdio"]);
		expect(await offered({ resource: null, scope: "stdio" })).toEqual(["stdio"]);
		expect(await offered({ resource: null }, { STDIO_URL: "" })).toEqual(OTHERS);
	});
});
