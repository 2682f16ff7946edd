/** What is logged of sign-ins, grants and calls, and that no secret is: in the log, and in the clear in storage. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { newHold } from "../support/fixture/control.ts";
import { REDIRECT_URI, type Tokens } from "../support/oauth-client.ts";
import { rowsOf, secretOf, storedIn, userOf } from "../support/objects.ts";
import { Person } from "../support/person.ts";
import { askTool, DEPLOYED, fetchWorker, LOCAL, mcp, oauthClient, openSession } from "../support/worker.ts";

type Line = Record<string, string | number>;

let texts: string[] = [];
const points: { indexes?: unknown[]; blobs?: unknown[] }[] = [];

beforeEach(() => {
	texts = [];
	points.length = 0;
	for (const method of ["log", "info", "warn", "error", "debug"] as const) {
		vi.spyOn(console, method).mockImplementation((...parts) => void texts.push(parts.join(" ")));
	}
	Object.assign(env, { AUDIT: { writeDataPoint: (point: object) => void points.push(point) } });
});
afterEach(() => {
	vi.restoreAllMocks();
	Object.assign(env, { AUDIT: undefined });
});

/** The lines of an event. */
const linesOf = (event: string): Line[] =>
	texts.map((text) => JSON.parse(text) as Line).filter((line) => line.event === event);

const PROMPT = "a prompt that is nobody's business";

/** Registers, signs in, calls a long tool, refreshes twice, and disconnects. @returns every secret that took part */
async function liveThrough(email: string) {
	const secrets: string[] = [];
	const client = oauthClient();
	const registered = await fetchWorker(`${LOCAL}/register`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "client_secret_post" }),
	});
	const { client_id, client_secret } = await registered.json<{ client_id: string; client_secret: string }>();
	const { url, verifier } = await client.authorizationUrl(client_id, { resource: null });
	const person = new Person(async (address, init) => {
		const response = await fetchWorker(address, init);
		secrets.push(...response.headers.getSetCookie().map((cookie) => /=([^;]{16,})/.exec(cookie)?.[1] ?? ""));
		for (const [, handle = ""] of (await response.clone().text()).matchAll(/name="handle" value="([^"]+)"/g)) {
			secrets.push(handle);
		}
		return response;
	});
	const code = (await person.authorize(url, { email })).searchParams.get("code") ?? "";
	const exchange = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
	const tokens = await (await client.token({ ...exchange, client_id, client_secret })).json<Tokens>();
	const { access_token: token } = tokens;
	const held = newHold();
	held.release();
	const session = await openSession(token);
	await askTool("hold", { name: held.name, text: PROMPT }, { token, session });
	const refresh = (refresh_token = "") =>
		client.token({ grant_type: "refresh_token", refresh_token, client_id, client_secret });
	const next = await (await refresh(tokens.refresh_token)).json<Tokens>();
	await (await refresh(tokens.refresh_token)).text();
	await (
		await client.token({ grant_type: "refresh_token", refresh_token: "made up", client_id, client_secret })
	).text();
	await (await mcp({}, { token: `${token}x` })).text();
	await client.token({ token: next.refresh_token ?? "", client_id, client_secret });
	const codes = [code, token, next.access_token, tokens.refresh_token ?? "", next.refresh_token ?? ""];
	secrets.push(...codes, ...codes.map(secretOf), verifier, client_secret, session);
	return { secrets: secrets.filter((secret) => secret !== ""), client: client_id, user: userOf(token) };
}

it("is one event for each step, with the user as a keyed hash", async () => {
	const { client } = await liveThrough("audited@example.com");
	const user = expect.stringMatching(/^[0-9a-f]{32}$/);
	const grant = expect.stringMatching(/./);
	const requestId = expect.stringMatching(/./);
	const ofGrant = { requestId, user, client, grant };
	expect(linesOf("client_registered")).toEqual([{ event: "client_registered", requestId, client }]);
	expect(linesOf("consent_given")).toMatchObject([{ requestId, client, outcome: expect.stringContaining("tools") }]);
	expect(linesOf("signed_in")).toEqual([{ event: "signed_in", ...ofGrant }]);
	expect(linesOf("token_issued")).toEqual([{ event: "token_issued", ...ofGrant }]);
	expect(linesOf("grant_refreshed").map(({ outcome }) => outcome)).toEqual([undefined, "repeated"]);
	expect(linesOf("grant_refreshed").map(({ milliseconds }) => typeof milliseconds)).toEqual(["number", "number"]);
	expect(linesOf("refused")).toMatchObject([{ requestId, outcome: expect.stringContaining("invalid_grant") }]);
	await vi.waitFor(() => expect(linesOf("grant_ended")).toMatchObject([{ ...ofGrant, outcome: "app" }]));
	const [call] = linesOf("tool_call");
	expect(call).toMatchObject({ user, client, tool: "hold", outcome: "ok", era: "2025" });
	expect(call?.user).toBe(linesOf("signed_in")[0]?.user);
	// The same goes to Analytics Engine.
	const events = points.map(({ blobs }) => blobs?.[0]);
	for (const event of ["client_registered", "signed_in", "grant_refreshed", "tool_call", "grant_ended"]) {
		expect(events).toContain(event);
	}
	expect(points.find(({ blobs }) => blobs?.[0] === "tool_call")?.indexes).toEqual([call?.user]);
});

it("is kept for the user, in their object, with the long calls and without arguments", async () => {
	const { client, user } = await liveThrough(`${crypto.randomUUID()}@example.com`);
	const rows = await rowsOf(user, "user_history");
	expect(rows.map(({ event, tool, outcome }) => [event, tool ?? outcome ?? ""])).toEqual([
		["signed_in", client],
		["token_issued", ""],
		["tool_call", "hold"],
		["grant_refreshed", ""],
		["grant_refreshed", "repeated"],
		["grant_ended", "app"],
	]);
	expect(new Set(rows.map((row) => row.client))).toEqual(new Set([client]));
	expect(JSON.stringify(rows)).not.toContain(PROMPT);
});

it("a line for each request has its path, and never its query", async () => {
	await fetchWorker(`${DEPLOYED}/callback?code=secret-code&state=secret-state`);
	expect(linesOf("request")).toMatchObject([{ method: "GET", path: "/callback", status: 400 }]);
	expect(texts.join()).not.toContain("secret-");
});

it("no secret that took part is in the log, nor in the clear in storage", async () => {
	const email = `${crypto.randomUUID()}@example.com`;
	const { secrets, user } = await liveThrough(email);
	expect(secrets.length).toBeGreaterThan(12);
	const { keys } = await env.OAUTH_KV.list();
	const records = await Promise.all(keys.map(async ({ name }) => `${name} ${await env.OAUTH_KV.get(name)}`));
	const places = { log: texts.join("\n"), points: JSON.stringify(points), kv: records.join("\n") };
	const object = await storedIn(user);
	for (const [place, text] of Object.entries({ ...places, object })) {
		for (const secret of secrets) expect(text, place).not.toContain(secret);
	}
	for (const text of [places.log, places.points]) {
		expect(text).not.toContain(email);
		expect(text).not.toContain(PROMPT);
	}
});
