/** An endpoint's address with a slash at the end, as some clients write it: another resource, the same endpoint. */
import { describe, expect, it } from "vitest";
import { fakeObjects, stdioToken, workerWith } from "../stdio-route/worker.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { SseSession } from "../support/sse-session.ts";
import { callTool, INITIALIZE, LOCAL, mcp, oauthClient, openSession, signIn } from "../support/worker.ts";

const withStdio = workerWith();
const PATHS = ["/mcp/", "/sse/", "/stdio/mcp/", "/stdio/sse/"] as const;
const methodOf = (path: string) => (path.includes("sse") ? "GET" : "POST");
const metadataOf = (path: string) => `${LOCAL}/.well-known/oauth-protected-resource${path}`;

describe.each(PATHS)("%s", (path) => {
	it("answers a request without a token itself, and names its metadata as it was written", async () => {
		const response = await mcp(INITIALIZE, { path, method: methodOf(path), via: withStdio });
		expect(response.status).toBe(401);
		const challenge = response.headers.get("WWW-Authenticate");
		expect(challenge).toBe(`Bearer realm="OAuth", resource_metadata="${metadataOf(path)}"`);
		expect(await (await withStdio(metadataOf(path))).json()).toMatchObject({
			resource: LOCAL + path,
			authorization_servers: [LOCAL],
		});
	});

	it("is announced beside the form without", async () => {
		const response = await withStdio(`${LOCAL}/.well-known/oauth-authorization-server`);
		const { protected_resources } = (await response.json()) as { protected_resources: string[] };
		expect(protected_resources).toEqual(expect.arrayContaining([LOCAL + path, LOCAL + path.slice(0, -1)]));
	});

	it("shows a browser the same page, and lets pages on this computer call", async () => {
		const page = await withStdio(LOCAL + path, { headers: { Accept: "text/html" } });
		expect(page.status).toBe(401);
		expect(await page.text()).toContain("This address is for your AI assistant");
		const headers = { Origin: "http://localhost:6274", "Access-Control-Request-Method": "POST" };
		const preflight = await withStdio(LOCAL + path, { method: "OPTIONS", headers });
		expect(preflight.status).toBe(204);
		expect(preflight.headers.get("Access-Control-Allow-Origin")).toBe("http://localhost:6274");
	});

	it("gives a token for the resource that the client named, at /token again", async () => {
		const resource = LOCAL + path;
		const client = new OAuthClient(withStdio, LOCAL);
		const tokens = await client.signIn({ resource });
		expect(tokens.resource).toBe(resource);
		const { refresh_token = "", client_id } = tokens;
		const response = await client.token({ grant_type: "refresh_token", refresh_token, client_id, resource });
		expect(await response.json()).toMatchObject({ resource });
	});
});

async function isAccepted(path: string, token: string): Promise<boolean> {
	const response = await mcp(INITIALIZE, { path, method: methodOf(path), token });
	await response.body?.cancel();
	return response.status === 200;
}

describe("a token", () => {
	it.each([
		["/mcp", "/sse"],
		["/sse", "/mcp"],
	])("for either form of %s works on both, and not at %s", async (path, other) => {
		for (const resource of [LOCAL + path, `${LOCAL + path}/`]) {
			const { access_token } = await signIn({ resource });
			expect(await isAccepted(path, access_token)).toBe(true);
			expect(await isAccepted(`${path}/`, access_token)).toBe(true);
			expect(await isAccepted(other, access_token)).toBe(false);
			expect(await isAccepted(`${other}/`, access_token)).toBe(false);
		}
	});

	it("for the whole server works with a slash, too", async () => {
		const { access_token } = await signIn({ resource: LOCAL });
		expect(await isAccepted("/mcp/", access_token)).toBe(true);
		expect(await isAccepted("/sse/", access_token)).toBe(true);
	});

	it("without a scope is asked for it at the address that the client uses", async () => {
		const { access_token: token } = await signIn({ resource: `${LOCAL}/mcp/`, scopes: ["identity"] });
		const session = await openSession(token);
		const response = await mcp(callTool("echo", { text: "five" }), { token, session, path: "/mcp/" });
		expect(response.status).toBe(403);
		const challenge = response.headers.get("WWW-Authenticate");
		expect(challenge).toContain('error="insufficient_scope", scope="identity tools"');
		expect(challenge).toContain(`resource_metadata="${metadataOf("/mcp/")}"`);
	});
});

describe("a session", () => {
	it("is the same with and without the slash", async () => {
		const { access_token: token } = await signIn({ resource: `${LOCAL}/mcp/` });
		const opened = await mcp(INITIALIZE, { token, path: "/mcp/" });
		await opened.text();
		const session = opened.headers.get("Mcp-Session-Id") ?? "";
		for (const path of ["/mcp", "/mcp/"]) {
			const response = await mcp(callTool("echo", { text: "five" }), { token, session, path });
			expect(response.status).toBe(200);
			expect(await response.text()).toContain('"text":"five"');
		}
		expect((await mcp(null, { token, session, path: "/mcp/", method: "DELETE" })).status).toBe(204);
		expect((await mcp(callTool("echo", { text: "five" }), { token, session })).status).toBe(404);
	});

	it("of HTTP+SSE posts to an address of the same server", async () => {
		const { access_token } = await signIn({ resource: `${LOCAL}/sse/` });
		const session = await SseSession.open(access_token, "/sse/");
		expect(new URL(session.endpoint, `${LOCAL}/sse/`).href).toMatch(`${LOCAL}/sse/message?sessionId=`);
		expect((await session.callTool("echo", { text: "five" })).structuredContent).toEqual({ text: "five" });
		await session.close();
	});

	it("of the stdio server begins there, too", async () => {
		for (const path of ["/stdio/mcp/", "/stdio/sse/"]) {
			const token = await stdioToken({}, LOCAL, path);
			const { objects, asked } = fakeObjects();
			const via = workerWith({ STDIO_LOCAL_OBJECT: objects });
			const response = await mcp(INITIALIZE, { path, method: methodOf(path), token, via });
			expect([response.status, asked]).toEqual([200, [path === "/stdio/mcp/" ? "open" : "prepareStream"]]);
			await response.body?.cancel();
		}
	});
});

it.each(["//mcp", "/mcp//", "/MCP", "/mcp/x", "/sse//message"])(
	"%s is no endpoint, and says where they are",
	async (path) => {
		const response = await mcp(INITIALIZE, { path });
		expect(response.status).toBe(404);
		expect(await response.text()).toContain("MCP clients connect to /mcp on this server");
	},
);

it("a query is no other address", async () => {
	const { access_token: token } = await signIn({ resource: `${LOCAL}/mcp/` });
	for (const path of ["/mcp?x=y", "/mcp/?x=y"]) expect(await isAccepted(path, token)).toBe(true);
	const client = oauthClient();
	expect((await client.signIn({ resource: `${LOCAL}/mcp/?x=y` })).resource).toBe(`${LOCAL}/mcp/`);
});
