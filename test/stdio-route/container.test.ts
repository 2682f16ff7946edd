/** A container for each user: which one is asked, and what is said when it does not start. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { INITIALIZE, LIST_TOOLS, mcp } from "../support/worker.ts";
import { type Answer, opened, sentenceOf, stdioToken, workerWith } from "./worker.ts";

afterEach(() => vi.restoreAllMocks());

const path = "/stdio/mcp";

/** A namespace whose objects answer like this. */
function containers(answer: Answer) {
	const asked: { name: string; url: string; id: string | null }[] = [];
	const namespace = new Proxy(env.STDIO_OBJECT, {
		get(target, property) {
			if (property !== "getByName") return Reflect.get(target, property);
			return (name: string) => ({
				async fetch(request: Request) {
					asked.push({ name, url: request.url, id: request.headers.get("X-Mcp-User-Id") });
					return answer(request);
				},
			});
		},
	});
	const via = workerWith({ STDIO_URL: "", STDIO_COMMAND: "uvx mcp-server-fetch", STDIO_OBJECT: namespace });
	return { via, asked };
}

describe("a container", () => {
	it("is the user's own, with every client", async () => {
		const { via, asked } = containers(opened);
		const users = ["github-1", "github-2", "github-1", "oidc-zo%C3%AB"];
		for (const id of users) {
			const token = await stdioToken({ id });
			const response = await mcp(INITIALIZE, { token, path, via });
			const session = response.headers.get("Mcp-Session-Id") ?? "";
			expect(session).toMatch(/\.[0-9a-f]{64}$/);
			await mcp(LIST_TOOLS, { token, path, session, via });
		}
		expect(asked.map(({ name }) => name)).toEqual(users.flatMap((id) => [id, id]));
		expect(asked.every(({ name, id }) => id === encodeURIComponent(name))).toBe(true);
		expect(new Set(asked.map(({ url }) => new URL(url).pathname))).toEqual(new Set(["/mcp"]));
	});

	it("is not there on a server that has a bridge on this computer", async () => {
		const network = vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({}));
		const { asked } = containers(opened);
		const via = workerWith({ STDIO_COMMAND: "uvx mcp-server-fetch" });
		expect((await mcp(INITIALIZE, { token: await stdioToken(), path, via })).status).toBe(200);
		expect([network.mock.calls.length, asked.length]).toEqual([1, 0]);
	});

	const TAKEN = "No stdio container is available: all are in use, or yours is still starting.";
	const FAILED = "Your stdio server could not be started.";
	it.each([
		[503, "There is no Container instance available at this time.", TAKEN],
		[429, "Too many requests to start containers", TAKEN],
		[500, "Failed to start container: the image has a secret", FAILED],
		[500, "Container suddenly disconnected, try again", FAILED],
	])("that answers %i “%s” is explained, and the cause is in the log only", async (status, cause, what) => {
		const { via } = containers(() => new Response(cause, { status }));
		const log = vi.spyOn(console, "error").mockReturnValue();
		const token = await stdioToken();
		for (const [method, at] of [
			["POST", path],
			["GET", path],
		] as const) {
			const response = await mcp(INITIALIZE, { token, path: at, method, via, headers: { "CF-Ray": "ray-2" } });
			expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "10"]);
			expect(response.headers.get("Content-Type")).toContain("application/json");
			const sentence = await sentenceOf(response);
			expect(sentence.startsWith(`${what} Try again`)).toBe(true);
			expect(sentence).toContain("request ID ray-2");
			expect(sentence).not.toContain(cause);
		}
		const logged = log.mock.calls.flat().map((line): unknown => JSON.parse(String(line)));
		expect(logged).toContainEqual({ event: "container_not_started", requestId: "ray-2", cause });
	});

	it("whose bridge answers with an error is passed on as it is", async () => {
		const error = { jsonrpc: "2.0", error: { code: -32000, message: "Too many sessions" }, id: null };
		const { via } = containers(() => Response.json(error, { status: 503 }));
		const response = await mcp(INITIALIZE, { token: await stdioToken(), path, via });
		expect([response.status, await response.json()]).toEqual([503, error]);
	});

	it("that breaks off is explained, too", async () => {
		const log = vi.spyOn(console, "error").mockReturnValue();
		const { via } = containers(() => Promise.reject(new Error("Network connection lost.")));
		const response = await mcp(INITIALIZE, { token: await stdioToken(), path, via });
		expect(response.status).toBe(503);
		expect(await sentenceOf(response)).toMatch(/^The stdio server does not answer\./);
		expect(log.mock.calls.join()).toContain("Network connection lost.");
	});
});
