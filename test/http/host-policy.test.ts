import { describe, expect, it } from "vitest";
import { server } from "#under-test";
import { endpointsOf } from "../../src/http/endpoints.ts";
import { DEPLOYED, fetchWorker, INITIALIZE, LOCAL, mcp, signIn, way } from "../support/worker.ts";

const PATHS = ["/", "/authorize", "/mcp", "/sse", "/token", "/register", "/.well-known/oauth-authorization-server"];
const statusOf = async (url: string, init?: RequestInit) => (await fetchWorker(url, init)).status;

describe("a server on this computer", () => {
	it.each([
		"http://evil.example:8788",
		"http://localhost.evil.example",
		"http://192.168.1.5:8788",
		"http://0.0.0.0:8788",
	])("refuses to be called %s (DNS rebinding), everywhere", async (origin) => {
		for (const path of PATHS) expect(await statusOf(origin + path)).toBe(403);
	});

	it.each(["http://localhost:9000", "http://127.0.0.1:8788", "http://127.1.2.3", "http://[::1]:8788"])(
		"answers as %s",
		async (origin) => {
			expect(await statusOf(`${origin}/`)).toBe(200);
		},
	);
});

const preflight = (url: string, origin: string, method = "POST") =>
	fetchWorker(url, {
		method: "OPTIONS",
		headers: {
			Origin: origin,
			"Access-Control-Request-Method": method,
			"Access-Control-Request-Headers": "authorization",
		},
	});

describe("a preflight", () => {
	const paths = [...endpointsOf(server), "/sse/message", "/token", "/register", ...PATHS.slice(-1)];

	it.each(["https://evil.example", "null", "chrome-extension://unknown"])(
		"from %s is refused like the request that it announces",
		async (origin) => {
			for (const path of paths) {
				for (const server of [LOCAL, DEPLOYED]) {
					const response = await preflight(server + path, origin);
					expect(response.status).toBe(403);
					expect(response.headers.has("Access-Control-Allow-Methods")).toBe(false);
				}
			}
		},
	);

	it("to a name that is not this computer's is refused (DNS rebinding)", async () => {
		const rebound = "http://evil.example:8788";
		for (const path of paths) expect((await preflight(rebound + path, rebound)).status).toBe(403);
	});

	it("from an origin that may call is answered, and so is the request", async () => {
		for (const origin of ["https://app.example.com", "chrome-extension://abcdefgh", "http://localhost:6274", LOCAL]) {
			for (const path of paths) {
				const response = await preflight(LOCAL + path, origin);
				expect(response.status, path).toBe(204);
				expect(response.headers.get("Access-Control-Allow-Origin")).toBe(origin);
			}
			const answer = await mcp(INITIALIZE, { headers: { Origin: origin } });
			expect(answer.status).toBe(way === "none" ? 200 : 401);
			expect(answer.headers.get("Access-Control-Allow-Origin")).toBe(origin);
			expect(answer.headers.get("Access-Control-Expose-Headers")).toContain("WWW-Authenticate");
		}
	});
});

describe("a page of another origin", () => {
	it.each(["https://evil.example", "null", "http://localhost.evil.example", "not an origin"])(
		"(%s) is refused everywhere, readably",
		async (origin) => {
			for (const path of PATHS) {
				for (const server of [LOCAL, DEPLOYED]) {
					expect(await statusOf(server + path, { method: "POST", headers: { Origin: origin } })).toBe(403);
				}
			}
			const response = await mcp(INITIALIZE, { headers: { Origin: "https://evil.example" } });
			expect(response.headers.get("Access-Control-Allow-Origin")).toBe("https://evil.example");
			expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining("ALLOWED_ORIGINS") } });
		},
	);

	it("is welcome if it is on the allow list, on this computer, or the server's own", async () => {
		const { access_token: token } = await signIn();
		for (const origin of [
			"https://app.example.com",
			"chrome-extension://abcdefgh",
			"http://localhost:6274",
			"http://127.0.0.1:1",
			LOCAL,
		]) {
			expect((await mcp(INITIALIZE, { token, headers: { Origin: origin } })).status).toBe(200);
		}
		expect(await statusOf(`${DEPLOYED}/`, { headers: { Origin: DEPLOYED } })).toBe(200);
	});
});
