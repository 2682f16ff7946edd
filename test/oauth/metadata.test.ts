import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { server } from "#under-test";
import { fetchWorker, INITIALIZE, LOCAL, mcp, signIn } from "../support/worker.ts";

const read = async (path: string, origin = LOCAL) => (await fetchWorker(origin + path)).json();

describe("protected resource metadata", () => {
	it("does not list offline_access, which is no scope of a resource", async () => {
		expect(await read("/.well-known/oauth-protected-resource/mcp")).not.toHaveProperty("scopes_supported");
	});

	it.each(["/mcp", "/sse"])("of %s names exactly the URL a user pastes", async (path) => {
		const metadata = await read(`/.well-known/oauth-protected-resource${path}`);
		expect(metadata).toMatchObject({ resource: LOCAL + path, authorization_servers: [LOCAL] });
	});

	it("follows the host and port the server is reached at", async () => {
		for (const origin of ["http://127.0.0.1:9000", "http://[::1]:9000", "https://mcp.example.com"]) {
			const metadata = await read("/.well-known/oauth-protected-resource/mcp", origin);
			expect(metadata).toMatchObject({ resource: `${origin}/mcp`, authorization_servers: [origin] });
		}
	});
});

describe("authorization server metadata", () => {
	it("lists the endpoints, S256, the scopes and the ways to authenticate", async () => {
		expect(await read("/.well-known/oauth-authorization-server")).toMatchObject({
			issuer: LOCAL,
			authorization_endpoint: `${LOCAL}/authorize`,
			token_endpoint: `${LOCAL}/token`,
			registration_endpoint: `${LOCAL}/register`,
			revocation_endpoint: `${LOCAL}/token`,
			code_challenge_methods_supported: ["S256"],
			scopes_supported: [...Object.keys(server.scopes), "offline_access"],
			token_endpoint_auth_methods_supported: expect.arrayContaining(["none", "client_secret_basic"]),
		});
	});
});

describe("a request without a valid token", () => {
	const requests = [
		["POST", "/mcp"],
		["GET", "/mcp"],
		["DELETE", "/mcp"],
		["GET", "/sse"],
		["POST", "/sse"],
		["POST", "/sse/message?sessionId=x"],
	] as const;

	it.each(requests)("%s %s gets 401 with a bare challenge that names the metadata", async (method, path) => {
		const response = await mcp(INITIALIZE, { method, path });
		expect(response.status).toBe(401);
		const resource = path.startsWith("/mcp") ? "/mcp" : "/sse";
		const metadata = `${LOCAL}/.well-known/oauth-protected-resource${resource}`;
		expect(response.headers.get("WWW-Authenticate")).toBe(`Bearer realm="OAuth", resource_metadata="${metadata}"`);
	});

	it.each(requests)("%s %s with a made-up token is told that the token is invalid", async (method, path) => {
		const response = await mcp(INITIALIZE, { method, path, token: "local-alice@example.com:grant:secret" });
		expect(response.status).toBe(401);
		expect(response.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
	});

	it.each(["/mcp", "/sse"])(
		"%s in a browser gets a page beside the challenge, with the address to paste",
		async (path) => {
			const response = await fetchWorker(`${LOCAL + path}?utm=x`, { headers: { Accept: "text/html" } });
			expect(response.status).toBe(401);
			expect(response.headers.get("WWW-Authenticate")).toContain(`oauth-protected-resource${path}`);
			const page = parse(await response.text());
			expect(page.text).toContain("This address is for your AI assistant");
			expect(page.querySelector("pre")?.text).toBe(LOCAL + path);
			expect(page.querySelectorAll("[role=alert]")).toHaveLength(0);
		},
	);

	it("is readable for a web page on this computer, such as the MCP Inspector", async () => {
		const headers = { Origin: "http://localhost:6274" };
		const response = await mcp(INITIALIZE, { headers });
		expect(response.headers.get("Access-Control-Allow-Origin")).toBe("http://localhost:6274");
		const exposed = response.headers.get("Access-Control-Expose-Headers");
		for (const name of ["WWW-Authenticate", "Mcp-Session-Id", "MCP-Protocol-Version", "Retry-After"]) {
			expect(exposed).toContain(name);
		}
	});

	it("may be preceded by a preflight, also for the headers of newer clients", async () => {
		for (const path of [
			"/mcp",
			"/sse",
			"/sse/message",
			"/token",
			"/register",
			"/.well-known/oauth-authorization-server",
		]) {
			const response = await fetchWorker(LOCAL + path, {
				method: "OPTIONS",
				headers: {
					Origin: "http://localhost:6274",
					"Access-Control-Request-Method": "POST",
					"Access-Control-Request-Headers": "authorization, mcp-method, mcp-name, mcp-session-id",
				},
			});
			expect(response.status).toBe(204);
			const allowed = response.headers.get("Access-Control-Allow-Headers")?.split(",");
			expect(allowed).toEqual(expect.arrayContaining(["authorization", "mcp-method", "mcp-name", "mcp-session-id"]));
		}
	});
});

describe("a token", () => {
	it("for /mcp is refused at /sse, and the other way round", async () => {
		const forMcp = await signIn({ resource: `${LOCAL}/mcp` });
		const forSse = await signIn({ resource: `${LOCAL}/sse` });
		expect((await mcp(null, { method: "GET", path: "/sse", token: forMcp.access_token })).status).toBe(401);
		expect((await mcp(INITIALIZE, { token: forSse.access_token })).status).toBe(401);
	});
});
