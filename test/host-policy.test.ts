import { describe, expect, it } from "vitest";
import { DEPLOYED, fetchWorker, INITIALIZE, LOCAL, mcp, signIn } from "./support/worker.ts";

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
		for (const origin of ["https://app.example.com", "http://localhost:6274", "http://127.0.0.1:1", LOCAL]) {
			expect((await mcp(INITIALIZE, { token, headers: { Origin: origin } })).status).toBe(200);
		}
		expect(await statusOf(`${DEPLOYED}/`, { headers: { Origin: DEPLOYED } })).toBe(200);
	});
});
