/** Sessions of the bridge, as clients see them: an id is for the user and the client that were given it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { EventReader } from "../support/sse.ts";
import { INITIALIZE, LIST_TOOLS, LOCAL, mcp, openSession } from "../support/worker.ts";
import { type Answer, BRIDGE, fakeBridge, NOT_FOUND, type Seen, stdioToken, workerWith } from "./worker.ts";

const ID = "0a1b2c3d-0000-4000-8000-123456789abc";
const SIGNED = /^[\w-]+\.[0-9a-f]{64}$/;
const via = workerWith();
const encoder = new TextEncoder();

/** Brings a stream in these pieces, and leaves it open. */
const stream = (...pieces: (string | Uint8Array)[]) =>
	new ReadableStream<Uint8Array>({
		start(controller) {
			for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
		},
	});

const GRUESSE = encoder.encode("ü🚀");
const answer: Answer = ({ method, url }) => {
	if (url !== `${BRIDGE}/sse`) return Response.json({}, { headers: { "Mcp-Session-Id": ID } });
	if (method !== "GET") return new Response(null, { status: 405 });
	const endpoint = ["event: endpoint\nda", `ta: /stdio/sse/message?sessionId=${ID.slice(0, 9)}`, `${ID.slice(9)}\n\n`];
	// A piece may end within a character.
	const message = ["event: message\ndata: ", GRUESSE.slice(0, 3), GRUESSE.slice(3), `?sessionId=${ID}\n\n`];
	return new Response(stream(...endpoint, ...message), { headers: { "Content-Type": "text/event-stream" } });
};

let seen: Seen[];
beforeEach(() => {
	seen = fakeBridge(answer);
});
afterEach(() => vi.restoreAllMocks());

async function open(token: string): Promise<string> {
	const response = await mcp(INITIALIZE, { token, path: "/stdio/mcp", via });
	return response.headers.get("Mcp-Session-Id") ?? "";
}

/** Tries to use a session in every way. @returns what was answered */
async function attempts(session: string, token: string): Promise<unknown[]> {
	const byHeader = ["POST", "GET", "DELETE"].map((method) =>
		mcp(LIST_TOOLS, { token, session, method, path: "/stdio/mcp", via }),
	);
	const path = `/stdio/mcp?sessionId=${encodeURIComponent(session)}`;
	const byQuery = mcp(LIST_TOOLS, { token, path, via });
	const responses = await Promise.all([...byHeader, byQuery]);
	return Promise.all(responses.map(async (response) => [response.status, await response.json()]));
}

const REFUSED = Array.from({ length: 4 }, () => [404, NOT_FOUND]);

describe("a session over Streamable HTTP", () => {
	it("has an id that only its client can use; the bridge gets its own", async () => {
		const token = await stdioToken();
		const session = await open(token);
		expect(session).toMatch(SIGNED);
		expect((await attempts(session, token)).map((one) => Array.isArray(one) && one[0])).toEqual([200, 200, 200, 200]);
		const [first, ...others] = seen.map(({ method, url, headers }) => [method, url, headers["mcp-session-id"]]);
		expect(first).toEqual(["POST", `${BRIDGE}/mcp`, undefined]);
		expect(others).toContainEqual(["GET", `${BRIDGE}/mcp`, ID]);
		expect(others).toContainEqual(["DELETE", `${BRIDGE}/mcp`, ID]);
		expect(JSON.stringify(seen)).not.toContain(session);
	});

	it("is not found by another client of the same user, nor by another user", async () => {
		const session = await open(await stdioToken());
		seen.length = 0;
		expect(await attempts(session, await stdioToken())).toEqual(REFUSED);
		expect(await attempts(session, await stdioToken({ id: "test-2" }))).toEqual(REFUSED);
		expect(seen).toEqual([]);
	});

	it("is not found under a forged id", async () => {
		const token = await stdioToken();
		const session = await open(token);
		seen.length = 0;
		const [claims = "", signature = ""] = session.split(".");
		const another = signature.startsWith("0") ? "1" : "0";
		const forged = [
			ID,
			`${ID}.`,
			`${claims}.${another}${signature.slice(1)}`,
			`${claims.replace("ey", "ez")}.${signature}`,
			`${ID}.${signature}`,
			`${session}0`,
			`${session}.${signature}`,
			`.${signature}`,
			"../health",
		];
		for (const id of forged) expect(await attempts(id, token), id).toEqual(REFUSED);
		expect(seen).toEqual([]);
	});

	it("is not found under an id of this server's own tools, nor the other way round", async () => {
		const { access_token: token } = await new OAuthClient(via, LOCAL).signIn({ resource: null });
		const own = await openSession(token);
		const ofBridge = await open(token);
		seen.length = 0;
		expect(await attempts(own, token)).toEqual(REFUSED);
		expect((await mcp(LIST_TOOLS, { token, session: ofBridge })).status).toBe(404);
		expect(seen).toEqual([]);
	});
});

describe("a session over HTTP+SSE", () => {
	async function openStream(token: string) {
		const response = await mcp(null, { token, method: "GET", path: "/stdio/sse", via });
		const events = new EventReader(response);
		const endpoint = await events.next();
		return { events, endpoint, path: endpoint?.data ?? "" };
	}

	it("says where to post with an id that only its client can use; the rest of the stream passes as it is", async () => {
		const token = await stdioToken({}, undefined, "/stdio/sse");
		const { events, endpoint, path } = await openStream(token);
		expect(endpoint?.event).toBe("endpoint");
		const [address, session = ""] = path.split("?sessionId=");
		expect(address).toBe("/stdio/sse/message");
		expect(session).toMatch(SIGNED);
		expect((await events.next())?.data).toBe(`ü🚀?sessionId=${ID}`);
		await events.close();

		await mcp(LIST_TOOLS, { token, path, via });
		const { method, url, body, headers } = seen.at(-1) ?? {};
		expect([method, url]).toEqual(["POST", `${BRIDGE}/sse/message?sessionId=${ID}`]);
		expect(JSON.parse(body ?? "")).toEqual(LIST_TOOLS);
		expect(headers).not.toHaveProperty("mcp-session-id");
	});

	it("is not found by another client, by another user, or under a forged id", async () => {
		const token = await stdioToken({}, undefined, "/stdio/sse");
		const { events, path } = await openStream(token);
		await events.close();
		seen.length = 0;
		const tries = [
			{ by: await stdioToken({}, undefined, "/stdio/sse"), at: path },
			{ by: await stdioToken({ id: "test-2" }, undefined, "/stdio/sse"), at: path },
			{ by: token, at: `/stdio/sse/message?sessionId=${ID}` },
			{ by: token, at: path.replace(/.$/, (last) => (last === "0" ? "1" : "0")) },
		];
		for (const { by, at } of tries) {
			const response = await mcp(LIST_TOOLS, { token: by, path: at, via });
			expect([response.status, await response.json()]).toEqual([404, NOT_FOUND]);
		}
		expect(seen).toEqual([]);
	});
});
