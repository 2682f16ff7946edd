/** A grant has one writer: whoever refreshes it, when and how often, gets one defined answer. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import worker from "#under-test";
import { unsealed } from "../../src/oauth/sealed-token.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { REDIRECT_URI } from "../support/oauth-client.ts";
import { counted, listObjects, reachingObjects, rowsOf, secretOf, storedIn, tidy, userOf } from "../support/objects.ts";
import type { Fetch } from "../support/person.ts";
import { workerWith } from "../support/settings.ts";
import { EventReader } from "../support/sse.ts";
import { fetchWorker, INITIALIZE, LOCAL, mcp, oauthClient, openSession, person, signIn } from "../support/worker.ts";

type SignedIn = Tokens & { client_id: string };

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

const signInHere = () => signIn({ email: `${crypto.randomUUID()}@example.com`, resource: null });

function refresh({ refresh_token = "", client_id }: SignedIn, more = {}, via: Fetch = fetchWorker): Promise<Response> {
	const fields = { grant_type: "refresh_token", refresh_token, client_id, ...more };
	return via(`${LOCAL}/token`, { method: "POST", body: new URLSearchParams(fields) });
}

/** What a refresh that succeeds gets. */
async function refreshed(tokens: SignedIn, more = {}, via?: Fetch): Promise<SignedIn> {
	const response = await refresh(tokens, more, via);
	expect(response.status).toBe(200);
	return { ...(await response.json<Tokens>()), client_id: tokens.client_id };
}

async function works({ access_token: token }: Tokens): Promise<boolean> {
	const response = await mcp(INITIALIZE, { token });
	await response.text();
	return response.status === 200;
}

/** From now on, so many seconds have passed. */
function passTime(seconds: number): void {
	vi.setSystemTime(Date.now() + seconds * 1000);
}

let lines: string[] = [];
beforeEach(() => {
	vi.useFakeTimers({ toFake: ["Date"] });
	lines = [];
	for (const method of ["log", "warn", "error"] as const) {
		vi.spyOn(console, method).mockImplementation((line) => void lines.push(String(line)));
	}
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

describe("a refresh token that is presented again", () => {
	it("by ten windows at once gets ten equal answers, and each of them can refresh again", async () => {
		const tokens = await signInHere();
		const answers = await Promise.all(Array.from({ length: 10 }, () => refreshed(tokens)));
		expect(new Set(answers.map(({ access_token }) => access_token)).size).toBe(1);
		expect(await works(answers[0] as SignedIn)).toBe(true);
		const next = await Promise.all(answers.map((answer) => refreshed(answer)));
		expect(new Set(next.map(({ refresh_token }) => refresh_token)).size).toBe(1);
	});

	it("since the answer was lost gets that answer, for as long as its access token lasts", async () => {
		const tokens = await signInHere();
		const lost = await refreshed(tokens);
		passTime(20 * 60);
		const found = await refreshed(tokens);
		expect(found).toEqual({ ...lost, expires_in: lost.expires_in - 20 * 60 });
		expect(await works(found)).toBe(true);
	});

	it("by another client gets nothing, and ends nothing", async () => {
		const tokens = await signInHere();
		await refreshed(tokens);
		const response = await refresh(tokens, { client_id: await oauthClient().register("Another client") });
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ error: "invalid_grant" });
		expect(await works(await refreshed(tokens))).toBe(true);
	});

	it("by a client that does not authenticate as the wrapper demands gets nothing", async () => {
		const registration = { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "client_secret_post" };
		const response = await fetchWorker(`${LOCAL}/register`, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(registration),
		});
		const { client_id, client_secret } = await response.json<{ client_id: string; client_secret: string }>();
		const { url, verifier } = await oauthClient().authorizationUrl(client_id);
		const code = (await person().authorize(url)).searchParams.get("code") ?? "";
		const exchange = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
		const bought = await oauthClient().token({ ...exchange, client_id, client_secret });
		const tokens = { ...(await bought.json<Tokens>()), client_id };
		const first = await refreshed(tokens, { client_secret });
		for (const wrong of [{}, { client_secret: "wrong" }]) {
			const refused = await refresh(tokens, wrong);
			expect(refused.status).toBe(401);
			const text = await refused.text();
			expect(JSON.parse(text)).toMatchObject({ error: "invalid_client" });
			expect(text).not.toContain(secretOf(first.access_token));
		}
		expect((await refreshed(tokens, { client_secret })).access_token).toBe(first.access_token);
	});

	it.each([
		["scope", { scope: "tools" }, { scope: "tools" }],
		["resource", { resource: LOCAL }, { resource: LOCAL }],
	])("for another %s gets a token for that, and all windows go on", async (_what, asked, given) => {
		const tokens = await signInHere();
		const all = await refreshed(tokens);
		const less = await refreshed(tokens, asked);
		expect(less).toMatchObject(given);
		expect(less.access_token).not.toBe(all.access_token);
		expect(await refreshed(tokens)).toMatchObject({ access_token: all.access_token });
		expect(await works(await refreshed(all))).toBe(true);
		expect(await works(await refreshed(less))).toBe(true);
	});

	it("is the successor's, even if the app slept while nobody else refreshed", async () => {
		const tokens = await signInHere();
		await refreshed(tokens);
		passTime(2 * DAY);
		expect(await works(await refreshed(tokens))).toBe(true);
	});
});

describe("a refresh token whose successor was replaced too", () => {
	async function twiceReplaced() {
		const tokens = await signInHere();
		const second = await refreshed(tokens);
		const third = await refreshed(second);
		return { tokens, second, third };
	}

	it("still gets the successor's answer while that one's access token lasts", async () => {
		const { tokens, second } = await twiceReplaced();
		passTime(20 * 60);
		expect((await refreshed(tokens)).access_token).toBe(second.access_token);
	});

	it("ends the grant and its streams after that, and says so in the log", async () => {
		const { tokens, third } = await twiceReplaced();
		const options = { token: third.access_token, session: await openSession(third.access_token) };
		const stream = new EventReader(await mcp(null, { ...options, method: "GET" }));
		await stream.next();
		passTime(HOUR + 1);
		const response = await refresh(tokens);
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ error: "invalid_grant" });
		expect(await stream.next()).toBeUndefined();
		expect((await refresh(third)).status).toBe(400);
		const alarm = lines.find((line) => line.includes('"refresh_token_reused"'));
		expect(alarm).toContain(tokens.client_id);
		expect(alarm).not.toContain(secretOf(tokens.refresh_token ?? ""));
	});

	it("ends the grant also when nothing is kept of it any more", async () => {
		const { tokens, third } = await twiceReplaced();
		passTime(HOUR + 1);
		await tidy(userOf(tokens.access_token));
		expect(await rowsOf(userOf(tokens.access_token), "replaced_tokens")).toHaveLength(1);
		expect((await refresh(tokens)).status).toBe(400);
		expect((await refresh(third)).status).toBe(400);
	});

	it("ends nothing if its client does not authenticate", async () => {
		const { tokens, third } = await twiceReplaced();
		passTime(HOUR + 1);
		expect((await refresh(tokens, { client_id: "nobody" })).status).toBe(401);
		expect((await refresh(tokens, { client_id: await oauthClient().register() })).status).toBe(400);
		expect(await works(await refreshed(third))).toBe(true);
	});

	it("can stand for its successors longer: REPLACED_TOKEN_SECONDS", async () => {
		const via = workerWith({ REPLACED_TOKEN_SECONDS: String(DAY) });
		const tokens = await signInHere();
		const third = await refreshed(await refreshed(tokens, {}, via), {}, via);
		passTime(DAY - 60);
		const found = await refreshed(tokens, {}, via);
		expect(found.access_token).not.toBe(third.access_token);
		expect(await works(found)).toBe(true);
		expect(await works(await refreshed(third, {}, via))).toBe(true);
		passTime(DAY + 61);
		expect((await refresh(tokens, {}, via)).status).toBe(400);
	});
});

describe("what a user's object keeps for this", () => {
	it("cannot be read without the token that was presented", async () => {
		const tokens = await signInHere();
		const answer = await refreshed(tokens);
		const stored = await storedIn(userOf(tokens.access_token));
		for (const token of [tokens.access_token, answer.access_token, tokens.refresh_token, answer.refresh_token]) {
			expect(stored).not.toContain(secretOf(token ?? ""));
		}
	});

	it("is deleted by its alarm, and with the grant", async () => {
		const tokens = await signInHere();
		const user = userOf(tokens.access_token);
		const third = await refreshed(await refreshed(tokens));
		expect(await rowsOf(user, "replaced_tokens")).toHaveLength(2);
		passTime(HOUR + 1);
		await tidy(user);
		expect(await rowsOf(user, "replaced_tokens")).toHaveLength(1);
		expect((await rowsOf(user, "grant_records")).filter(({ name }) => String(name).startsWith("token:"))).toEqual([]);
		await oauthClient().token({ token: third.refresh_token ?? "", client_id: tokens.client_id });
		for (const table of ["replaced_tokens", "grant_records", "grant_facts"])
			expect(await rowsOf(user, table)).toEqual([]);
	});
});

describe("made-up codes and tokens", () => {
	it("are refused, and make no object: a hundred of them", async () => {
		const { access_token, refresh_token = "", client_id } = await signInHere();
		const before = await listObjects();
		const forged = (index: number) => {
			const [, grant] = access_token.split(":");
			const user = index % 2 === 0 ? `local-nobody-${index}@example.com` : userOf(access_token);
			const seal = [refresh_token.slice(refresh_token.indexOf("~")), "", `~abc.${"A".repeat(43)}`][index % 3];
			return `${user}:${index % 2 === 0 ? grant : crypto.randomUUID().slice(0, 16)}:${crypto.randomUUID()}${seal}`;
		};
		const statuses = new Map<string, number>();
		for (let index = 0; index < 100; index++) {
			const token = forged(index);
			const [kind, ask] = [
				["code", () => oauthClient().token({ grant_type: "authorization_code", code: token, client_id })],
				["refresh", () => oauthClient().token({ grant_type: "refresh_token", refresh_token: token, client_id })],
				["revocation", () => oauthClient().token({ token, client_id })],
				["call", () => mcp(INITIALIZE, { token })],
			][index % 4] as [string, () => Promise<Response>];
			const { status, body } = await ask();
			await body?.cancel();
			statuses.set(`${kind} ${status}`, (statuses.get(`${kind} ${status}`) ?? 0) + 1);
		}
		expect(Object.fromEntries(statuses)).toEqual({
			"code 400": 25,
			"refresh 400": 25,
			"revocation 200": 25,
			"call 401": 25,
		});
		expect(await listObjects()).toEqual(before);
	});

	it("at /mcp are refused without a read in Workers KV", async () => {
		const { access_token } = await signInHere();
		const kv: string[] = [];
		const counting = { ...env, OAUTH_KV: counted(env.OAUTH_KV, kv) };
		const via: Fetch = async (url, init) => worker.fetch(new Request(url, init), counting, createExecutionContext());
		const forged = access_token.replace(/[\w-]{43}$/, "A".repeat(43));
		expect((await mcp(INITIALIZE, { token: forged, via })).status).toBe(401);
		expect(kv).toEqual([]);
		expect((await mcp(INITIALIZE, { token: access_token, via })).status).toBe(200);
		expect(kv).toEqual(["get"]);
	});

	it("end nothing: neither the grant whose name they have, nor its token without the seal", async () => {
		const tokens = await signInHere();
		const token = tokens.refresh_token ?? "";
		const [user, grant] = token.split(":");
		for (const wrong of [`${user}:${grant}:secret`, `${user}:${grant}:secret${token.slice(token.indexOf("~"))}`]) {
			expect((await refresh({ ...tokens, refresh_token: wrong })).status).toBe(400);
			expect((await oauthClient().token({ token: wrong, client_id: tokens.client_id })).status).toBe(200);
		}
		expect(await works(await refreshed(tokens))).toBe(true);
	});

	it("are no others: a code is no refresh token, nor the other way round", async () => {
		const tokens = await signInHere();
		const { access_token, client_id } = tokens;
		expect((await refresh({ ...tokens, refresh_token: access_token })).status).toBe(400);
		const exchange = { grant_type: "authorization_code", code: tokens.refresh_token ?? "", client_id };
		expect((await oauthClient().token(exchange)).status).toBe(400);
		expect((await mcp(INITIALIZE, { token: tokens.refresh_token })).status).toBe(401);
		expect(await works(await refreshed(tokens))).toBe(true);
	});

	it("with parameters twice, or by another method, are answered as before", async () => {
		const { refresh_token = "", client_id } = await signInHere();
		const twice = new URLSearchParams({ grant_type: "refresh_token", refresh_token, client_id });
		twice.append("refresh_token", refresh_token);
		const response = await fetchWorker(`${LOCAL}/token`, { method: "POST", body: twice });
		expect(await response.json()).toMatchObject({ error: "invalid_request" });
		expect((await fetchWorker(`${LOCAL}/token?${twice}`)).status).toBe(405);
	});
});

describe("records that have not arrived everywhere, or are gone", () => {
	const deleteAll = async (prefix: string) => {
		for (const { name } of (await env.OAUTH_KV.list({ prefix })).keys) await env.OAUTH_KV.delete(name);
	};

	it("of a new token do not matter: the user's object has them", async () => {
		const tokens = await signInHere();
		await deleteAll(`token:${userOf(tokens.access_token)}:`);
		expect(await works(tokens)).toBe(true);
		await oauthClient().token({ token: tokens.refresh_token ?? "", client_id: tokens.client_id });
		expect(await works(tokens)).toBe(false);
	});

	it("of a grant do not matter", async () => {
		const tokens = await signInHere();
		await deleteAll(`grant:${userOf(tokens.access_token)}:`);
		expect(await works(await refreshed(tokens))).toBe(true);
	});

	it("of a client with a grant do not matter: it can refresh when its registration has expired", async () => {
		const tokens = await signInHere();
		await deleteAll(`client:${tokens.client_id}`);
		expect(await works(await refreshed(tokens))).toBe(true);
	});

	it("of a client that has just registered are looked for again", async () => {
		const clientId = await oauthClient().register();
		const record = (await env.OAUTH_KV.get(`client:${clientId}`)) ?? "";
		await env.OAUTH_KV.delete(`client:${clientId}`);
		const { url } = await oauthClient().authorizationUrl(clientId);
		const kv: string[] = [];
		const own = { ...env, OAUTH_KV: counted(env.OAUTH_KV, kv) };
		const page = worker.fetch(new Request(url), own, createExecutionContext());
		await vi.waitFor(() => expect(kv).toContain("get"));
		await env.OAUTH_KV.put(`client:${clientId}`, record);
		expect((await page).status).toBe(200);
	});

	it("of a sign-in that this browser started lead to a page that says to wait", async () => {
		const { url } = await oauthClient().authorizationUrl(await oauthClient().register());
		const browser = person();
		const page = await browser.get(url);
		expect(page.status).toBe(200);
		await deleteAll("transaction:");
		const [, handle = ""] = /name="handle" value="([^"]+)"/.exec(await page.text()) ?? [];
		const fields: [string, string][] = [
			["decision", "approve"],
			["scope", "tools"],
			["handle", handle],
		];
		const response = await browser.post(`${LOCAL}/authorize`, fields);
		expect(response.status).toBe(503);
		expect(response.headers.get("Retry-After")).toBe("60");
		expect(await response.text()).toContain("cannot find your sign-in at the moment");
	});

	it("are found without the seal, if its key was replaced twice", async () => {
		const tokens = await signInHere();
		const via = workerWith({ COOKIE_ENCRYPTION_KEY: "another key, which did not seal any token" });
		const next = await refreshed(tokens, {}, via);
		expect(unsealed(next.refresh_token ?? "")).not.toBe(next.refresh_token);
	});
});

describe("what a refresh costs", () => {
	it("is one write in Workers KV", async () => {
		const kv: string[] = [];
		const own = reachingObjects({ ...env, OAUTH_KV: counted(env.OAUTH_KV, kv) });
		const via: Fetch = async (url, init) => worker.fetch(new Request(url, init), own, createExecutionContext());
		const tokens = await signInHere();
		await refreshed(tokens, {}, via);
		expect(kv).toEqual(["get", "put"]);
		kv.length = 0;
		await refreshed(tokens, {}, via);
		expect(kv).toEqual(["get"]);
	});
});

describe("a grant's lifetime", () => {
	it("is 30 days without a refresh", async () => {
		const [used, unused] = [await signInHere(), await signInHere()];
		passTime(29 * DAY);
		const renewed = await refreshed(used);
		passTime(2 * DAY);
		expect(await works(await refreshed(renewed))).toBe(true);
		expect((await refresh(unused)).status).toBe(400);
	});

	it("is 90 days in all, however often it is refreshed, and no token lasts longer", async () => {
		let tokens = await signInHere();
		for (let days = 0; days < 89; days += 25) {
			tokens = await refreshed(tokens);
			passTime(22 * DAY);
		}
		passTime(2 * DAY - 30 * 60);
		tokens = await refreshed(tokens);
		expect(tokens.expires_in).toBeLessThanOrEqual(30 * 60);
		passTime(30 * 60);
		expect((await refresh(tokens)).status).toBe(400);
	});

	it("is a setting, as its access tokens' is", async () => {
		const via = workerWith({ ACCESS_TOKEN_SECONDS: "120", GRANT_IDLE_DAYS: "2", GRANT_MAX_AGE_DAYS: "3" });
		const tokens = await refreshed(await signInHere(), {}, via);
		expect(tokens.expires_in).toBe(120);
		passTime(47 * HOUR);
		const next = await refreshed(tokens, {}, via);
		passTime(26 * HOUR);
		expect((await refresh(next, {}, via)).status).toBe(400);
	});
});
