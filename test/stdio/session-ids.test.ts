/** An id of a session is for one client, at one address, for some time. */
import { describe, expect, it } from "vitest";
import { secretsFor } from "../../src/auth/signing-key.ts";
import { type App, initialize, newApp, SseSession } from "./app.ts";
import { COOKIE_ENCRYPTION_KEY, childCommand, useStdio } from "./door.ts";

const stdio = useStdio({ command: childCommand("fake") });
const DAY_SECONDS = 24 * 60 * 60;

const LIST = { jsonrpc: "2.0", id: 5, method: "tools/list" };

function post(app: App, door: string, id: string): Promise<Response> {
	if (door.endsWith("/mcp")) return app.post(LIST, { path: door, session: id });
	return app.post(LIST, { path: `${door}/message?sessionId=${encodeURIComponent(id)}` });
}

/** Whether a session takes messages. */
async function isFound(app: App, door: string, id: string): Promise<boolean> {
	const { ok, body } = await post(app, door, id);
	await body?.cancel();
	return ok;
}

/** Tries to use a session in every way that an address has, and expects that it is not found. */
async function expectNotFound(app: App, door: string, id: string): Promise<void> {
	const methods = door.endsWith("/mcp") ? ["GET", "DELETE"] : [];
	const others = methods.map((method) => app.send(method, undefined, { path: door, session: id }));
	for (const [index, response] of (await Promise.all([post(app, door, id), ...others])).entries()) {
		if (response.status !== 404) await response.body?.cancel();
		expect([door, id, response.status]).toEqual([door, id, 404]);
		const error = { code: -32001, message: "Session not found" };
		expect(await response.json()).toEqual({ jsonrpc: "2.0", error, id: index === 0 ? LIST.id : null });
	}
}

async function openAt(app: App, door: string): Promise<string> {
	if (door.endsWith("/mcp")) {
		const response = await app.post(initialize(), { path: door });
		await response.text();
		return response.headers.get("Mcp-Session-Id") ?? "";
	}
	const { endpoint } = await SseSession.connect(app, door);
	return new URL(endpoint, stdio.origin).searchParams.get("sessionId") ?? "";
}

const DOORS = ["/mcp", "/sse", "/stdio/mcp", "/stdio/sse"];

describe.concurrent.each(["/stdio/mcp", "/stdio/sse"])("a session of %s", (door) => {
	it("is not found at another address", async () => {
		const app = await newApp(stdio);
		const id = await openAt(app, door);
		for (const other of DOORS.filter((one) => one !== door)) {
			await expectNotFound(app, other, id);
		}
		expect(await isFound(app, door, id)).toBe(true);
	});

	it("is not found under an id of another address", async () => {
		const app = await newApp(stdio);
		for (const other of DOORS.filter((one) => one !== door)) {
			await expectNotFound(app, door, await openAt(app, other));
		}
	});

	it("is not found by another client of its user, or by another user", async () => {
		const app = await newApp(stdio);
		const id = await openAt(app, door);
		for (const other of [await newApp(stdio, app), await newApp(stdio)]) await expectNotFound(other, door, id);
		expect(await isFound(app, door, id)).toBe(true);
	});

	it("is not found under a forged id", async () => {
		const app = await newApp(stdio);
		const id = await openAt(app, door);
		const [claims = "", mac = ""] = id.split(".");
		const { id: inner } = JSON.parse(Buffer.from(claims, "base64url").toString());
		const other = mac.startsWith("0") ? "1" : "0";
		const forged = [
			inner,
			`${inner}.`,
			`${claims}.${other}${mac.slice(1)}`,
			`${claims}A.${mac}`,
			`${id}0`,
			`${id}.${mac}`,
		];
		for (const one of forged) await expectNotFound(app, door, one);
		expect(await isFound(app, door, id)).toBe(true);
	});

	it("is not found when it is older than a session may become", async () => {
		const app = await newApp(stdio);
		const id = await openAt(app, door);
		expect(await backdate(id, 0, door, app)).toBe(id);
		await expectNotFound(app, door, await backdate(id, 31, door, app));
		expect(await isFound(app, door, await backdate(id, 29, door, app))).toBe(true);
	});
});

/** The id that a session would have if it had been opened some days before. */
async function backdate(id: string, days: number, door: string, { tokens }: App): Promise<string> {
	const session = JSON.parse(Buffer.from(id.split(".")[0] ?? "", "base64url").toString());
	const older = JSON.stringify({ ...session, issuedAt: session.issuedAt - days * DAY_SECONDS });
	const claims = Buffer.from(older).toString("base64url");
	const [user = ""] = tokens.access_token.split(":");
	const signed = JSON.stringify([claims, door, user, tokens.client_id]);
	const [secret] = await secretsFor("session-id", { COOKIE_ENCRYPTION_KEY } as unknown as Env, true);
	const encoder = new TextEncoder();
	const algorithm = { name: "HMAC", hash: "SHA-256" };
	const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
	const mac = await crypto.subtle.sign("HMAC", key, encoder.encode(signed));
	return `${claims}.${Buffer.from(mac).toString("hex")}`;
}

it.concurrent("a session that its client has ended is not found any more", async () => {
	const app = await newApp(stdio);
	const id = await openAt(app, "/stdio/mcp");
	expect((await app.send("DELETE", undefined, { session: id })).status).toBeOneOf([200, 204]);
	await expectNotFound(app, "/stdio/mcp", id);
});

it.concurrent("a session that is open is not opened again", async () => {
	const app = await newApp(stdio);
	const id = await openAt(app, "/stdio/mcp");
	const again = await app.post(initialize(), { session: id });
	expect([again.status, await again.json()]).toMatchObject([400, { id: 0, error: { code: -32600 } }]);
	const own = await openAt(app, "/mcp");
	expect((await app.post(initialize(), { path: "/mcp", session: own })).status).toBe(400);
});
