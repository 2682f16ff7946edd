/** A session is what its id says, for as long as the id is good. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker from "#under-test";
import { secretsFor } from "../../src/auth/signing-key.ts";
import {
	capabilitiesOf,
	clientClaimsOf,
	issueSessionId,
	newSession,
	readSessionId,
	type SessionOwner,
} from "../../src/mcp/session-id.ts";
import type { Fetch } from "../support/person.ts";
import { callTool, mcp, openSession, signIn } from "../support/worker.ts";

const OWNER: SessionOwner = { userId: "local-alice", clientId: "client-1" };
const [KEY, OLD_KEY] = ["k".repeat(32), "o".repeat(32)];
const DAY = 24 * 60 * 60;

const secretsUnder = (settings: Partial<Env>) => secretsFor("session-id", { ...env, ...settings }, false);
const readUnder = async (id: string, settings: Partial<Env>) =>
	readSessionId(id, "/mcp", OWNER, await secretsUnder(settings), DAY);

describe("a session id", () => {
	it("brings back what was put into it", async () => {
		const session = newSession({ version: "2025-11-25", asks: ["form", "roots"] });
		const settings = { COOKIE_ENCRYPTION_KEY: KEY };
		const id = await issueSessionId(session, "/mcp", OWNER, await secretsUnder(settings));
		expect(id).toMatch(/^[\x21-\x7e]{1,400}$/);
		expect(await readUnder(id, settings)).toEqual(session);
	});

	it("is good for its time, and no longer", async () => {
		const secrets = await secretsUnder({ COOKIE_ENCRYPTION_KEY: KEY });
		const old = { ...newSession(), issuedAt: Math.floor(Date.now() / 1000) - DAY };
		const id = await issueSessionId(old, "/mcp", OWNER, secrets);
		expect(await readSessionId(id, "/mcp", OWNER, secrets, DAY)).toBeUndefined();
		expect(await readSessionId(id, "/mcp", OWNER, secrets, DAY + 60)).toEqual(old);
	});

	it("of the key before is accepted while that is set, and none is signed with it", async () => {
		const rotated = { COOKIE_ENCRYPTION_KEY: KEY, COOKIE_ENCRYPTION_KEY_PREVIOUS: OLD_KEY };
		const sign = async (settings: Partial<Env>) =>
			issueSessionId(newSession(), "/mcp", OWNER, await secretsUnder(settings));
		const before = await sign({ COOKIE_ENCRYPTION_KEY: OLD_KEY });
		expect(await readUnder(before, rotated)).toBeDefined();
		expect(await readUnder(before, { COOKIE_ENCRYPTION_KEY: KEY })).toBeUndefined();
		expect(await readUnder(await sign(rotated), { COOKIE_ENCRYPTION_KEY: OLD_KEY })).toBeUndefined();
	});

	it("is signed with a key of its own", async () => {
		const settings = { ...env, COOKIE_ENCRYPTION_KEY: KEY };
		const secrets = (["session-id", "request-state", "remembered-consent"] as const).map((purpose) =>
			secretsFor(purpose, settings, false),
		);
		const [one, two, three] = (await Promise.all(secrets)).map(([secret]) => secret);
		expect(new Set([one, two, three, KEY]).size).toBe(4);
	});
});

describe("what a client can be asked", () => {
	it.each([
		[{}, {}],
		[{ elicitation: {} }, { elicitation: { form: {} } }],
		[{ elicitation: { url: {} } }, { elicitation: { url: {} } }],
		[
			{ elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } },
			{ elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
		],
	])("%o", (said, known) => {
		expect(capabilitiesOf(clientClaimsOf(said))).toEqual(known);
	});
});

describe("at /mcp", () => {
	const under =
		(settings: Partial<Env>): Fetch =>
		async (url, init) =>
			worker.fetch(new Request(url, init), { ...env, ...settings }, createExecutionContext());

	it("a session is over after SESSION_MAX_AGE_DAYS", async () => {
		const { access_token: token, client_id: clientId } = await signIn();
		const owner = { userId: "local-alice@example.com", clientId };
		const threeDays = { ...newSession(), issuedAt: Math.floor(Date.now() / 1000) - 3 * DAY };
		const secrets = await secretsFor("session-id", env, true);
		const session = await issueSessionId(threeDays, "/mcp", owner, secrets);
		const call = (days: string) =>
			mcp(callTool("caller", {}, 7), { token, session, via: under({ SESSION_MAX_AGE_DAYS: days }) });
		expect((await call("4")).status).toBe(200);
		const refused = await call("3");
		expect(refused.status).toBe(404);
		expect(await refused.json()).toMatchObject({ id: 7, error: { code: -32001 } });
	});

	it("a session goes on while the key is being replaced, and so does its token", async () => {
		const { access_token: token } = await signIn();
		const session = await openSession(token);
		const renewed = { COOKIE_ENCRYPTION_KEY: KEY };
		const call = (settings: Partial<Env>) => mcp(callTool("caller"), { token, session, via: under(settings) });
		const before = env.COOKIE_ENCRYPTION_KEY;
		expect((await call({ ...renewed, COOKIE_ENCRYPTION_KEY_PREVIOUS: before })).status).toBe(200);
		expect((await call(renewed)).status).toBe(401);
	});
});
