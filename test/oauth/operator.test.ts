/** An operator with the server's key sees and ends grants. Without the key there is nothing to see. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { GrantList, Revoked } from "../../src/oauth/operator-contract.ts";
import { readSignInSettings } from "../../src/oauth/settings.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { breakObjects, userOf } from "../support/objects.ts";
import { workerWith } from "../support/settings.ts";
import { EventReader } from "../support/sse.ts";
import {
	fetchWorker,
	INITIALIZE,
	LIST_TOOLS,
	LOCAL,
	mcp,
	oauthClient,
	openSession,
	signIn,
} from "../support/worker.ts";

type SignedIn = Tokens & { client_id: string };

const OPERATOR_KEY = "an-operator-key-that-only-the-tests-use";
const GRANTS = `${LOCAL}/operator/grants`;
const REVOKE = `${GRANTS}/revoke`;

const withKey = workerWith({ OPERATOR_KEY });
const headers = { Authorization: `Bearer ${OPERATOR_KEY}`, Accept: "application/json" };

const get = (query = "") => withKey(GRANTS + query, { headers });
const post = (body: unknown) => withKey(REVOKE, { method: "POST", headers, body: JSON.stringify(body) });

async function list(query = ""): Promise<GrantList> {
	const response = await get(query);
	expect(response.status).toBe(200);
	return response.json();
}

async function revoke(body: unknown): Promise<Revoked> {
	const response = await post(body);
	expect(response.status).toBe(200);
	return response.json();
}

const newEmail = () => `${crypto.randomUUID()}@example.com`;
const signInHere = (email = newEmail(), more = {}): Promise<SignedIn> => signIn({ email, resource: null, ...more });
const grantOf = ({ access_token }: Tokens) => access_token.split(":")[1] ?? "";

function refresh({ refresh_token = "", client_id }: SignedIn): Promise<Response> {
	return oauthClient().token({ grant_type: "refresh_token", refresh_token, client_id });
}

async function works(tokens: Tokens): Promise<boolean> {
	const response = await mcp(INITIALIZE, { token: tokens.access_token });
	await response.text();
	return response.status === 200;
}

/** Deletes the notes of all grants that other tests have left. */
async function forgetAll(): Promise<void> {
	for (;;) {
		const { keys, list_complete } = await env.OAUTH_KV.list({ prefix: "grant:" });
		await Promise.all(keys.map(({ name }) => env.OAUTH_KV.delete(name)));
		if (list_complete) return;
	}
}

/** Notes grants that exist nowhere else. */
async function noteMany(count: number, clientId = "noted"): Promise<void> {
	const expiresAt = Math.floor(Date.now() / 1000) + 3600;
	const notes = Array.from({ length: count }, (_, index) => {
		const [id, userId] = [`g${index}`, `many-${String(index).padStart(4, "0")}`];
		const note = { id, userId, clientId, scope: ["tools"], createdAt: expiresAt - 7200, expiresAt };
		const options = { expiration: expiresAt, metadata: { clientId } };
		return env.OAUTH_KV.put(`grant:${userId}:${id}`, JSON.stringify(note), options);
	});
	await Promise.all(notes);
}

let lines: string[] = [];
beforeEach(async () => {
	lines = [];
	for (const method of ["log", "warn", "error"] as const) {
		vi.spyOn(console, method).mockImplementation((line) => void lines.push(String(line)));
	}
	await forgetAll();
});
afterEach(() => vi.restoreAllMocks());

describe("without OPERATOR_KEY, the operator's address", () => {
	it.each([
		["GET", GRANTS],
		["POST", REVOKE],
		["DELETE", GRANTS],
	])("is not found, as any other: %s %s", async (method, url) => {
		const ask = async (address: string) => {
			const response = await fetchWorker(address, { method, headers });
			return { status: response.status, body: await response.json() };
		};
		const found = await ask(url);
		expect(found).toEqual(await ask(`${LOCAL}/nowhere`));
		expect(found.status).toBe(404);
	});
});

describe("the operator's address", () => {
	it.each([
		["no key", {}],
		["another key", { Authorization: `Bearer ${OPERATOR_KEY}x` }],
		["a beginning of the key", { Authorization: `Bearer ${OPERATOR_KEY.slice(0, -1)}` }],
		["a key that is no token", { Authorization: "Bearer not a token" }],
		["the key in another scheme", { Authorization: `Basic ${btoa(`operator:${OPERATOR_KEY}`)}` }],
	])("refuses %s with 401, whatever is asked", async (_what, own) => {
		const tokens = await signInHere();
		for (const [method, url] of [
			["GET", GRANTS],
			["POST", REVOKE],
			["DELETE", GRANTS],
			["OPTIONS", REVOKE],
		] as const) {
			const body = method === "POST" ? JSON.stringify({ user: userOf(tokens.access_token) }) : null;
			const response = await withKey(url, { method, headers: { ...own, Accept: "text/html" }, body });
			expect(response.status).toBe(401);
			expect(response.headers.get("WWW-Authenticate")).toBe('Bearer realm="operator"');
			expect(response.headers.get("Cache-Control")).toBe("no-store");
			expect(await response.json()).toMatchObject({ error: "invalid_token" });
		}
		expect(lines.filter((line) => line.includes('"outcome":"operator_key"'))).toHaveLength(4);
		expect(lines.join("\n")).not.toContain(OPERATOR_KEY);
		expect(await works(tokens)).toBe(true);
	});

	it("is under the same policy as all others, and is not for web pages", async () => {
		const foreign = await withKey(GRANTS, { headers: { ...headers, Origin: "https://evil.example" } });
		expect(foreign.status).toBe(403);
		expect((await withKey(GRANTS.replace("localhost", "evil.example"), { headers })).status).toBe(403);
		const large = await withKey(REVOKE, { method: "POST", headers, body: "x".repeat(4 * 1024 * 1024 + 1) });
		expect(large.status).toBe(413);
		const known = await withKey(GRANTS, { headers: { ...headers, Origin: "https://app.example.com" } });
		expect(known.status).toBe(200);
		expect(known.headers.get("Cache-Control")).toBe("no-store");
		expect(known.headers.has("Access-Control-Allow-Origin")).toBe(false);
	});

	it.each([
		["", []],
		[OPERATOR_KEY, []],
		["x".repeat(31), [expect.stringContaining("OPERATOR_KEY needs at least 32")]],
		[`${OPERATOR_KEY} with spaces`, [expect.stringContaining("OPERATOR_KEY needs at least 32")]],
	])("takes the key %j, or says what is wrong with it", (key, problems) => {
		expect(readSignInSettings({ OPERATOR_KEY: key }).problems).toEqual(problems);
	});
});

describe("a list of grants", () => {
	it("has those of all users, without secrets", async () => {
		const [one, other] = [await signInHere(), await signInHere()];
		const response = await get();
		const text = await response.text();
		const { grants, cursor } = JSON.parse(text) as GrantList;
		expect(cursor).toBeUndefined();
		const now = Date.now() / 1000;
		for (const tokens of [one, other]) {
			const grant = grants.find(({ grant }) => grant === grantOf(tokens));
			expect(grant).toMatchObject({
				user: userOf(tokens.access_token),
				client: tokens.client_id,
				name: "Test client",
				scopes: expect.arrayContaining(tokens.scope.split(" ")),
			});
			expect(Math.abs((grant?.createdAt ?? 0) - now)).toBeLessThan(60);
			expect(grant?.expiresAt).toBeGreaterThan(now);
		}
		expect(grants).toHaveLength(2);
		expect(text).not.toMatch(/refreshToken|encrypted|secret/i);
	});

	it("of one user has what the user's object knows, even if it is noted nowhere", async () => {
		const [email, clientName] = [newEmail(), "Another app"];
		const [first, second] = [await signInHere(email), await signInHere(email, { clientName })];
		await signInHere();
		await forgetAll();
		const user = userOf(first.access_token);
		const { grants } = await list(`?user=${user}`);
		expect(grants.map(({ grant }) => grant).sort()).toEqual([grantOf(first), grantOf(second)].sort());
		expect(grants.every((grant) => grant.user === user)).toBe(true);
		expect((await list(`?user=${user}&client=${second.client_id}`)).grants).toMatchObject([
			{ grant: grantOf(second), client: second.client_id, name: clientName },
		]);
		expect(await list("?user=local-nobody@example.com")).toEqual({ grants: [] });
	});

	it("of one client has the grants of all its users, and no other's", async () => {
		const clientId = await oauthClient().register("Shared");
		const shared = [await signInHere(newEmail(), { clientId }), await signInHere(newEmail(), { clientId })];
		await signInHere();
		const read = vi.spyOn(env.OAUTH_KV, "get");
		const { grants } = await list(`?client=${clientId}`);
		expect(read.mock.calls.flatMap(([names]) => names)).toHaveLength(shared.length + 1);
		expect(grants.map(({ grant }) => grant).sort()).toEqual(shared.map(grantOf).sort());
		expect(grants.every(({ client, name }) => client === clientId && name === "Shared")).toBe(true);
	});

	it("of one client has a grant whose client only the note names", async () => {
		const [tokens, other] = [await signInHere(), await signInHere()];
		const name = `grant:${userOf(tokens.access_token)}:${grantOf(tokens)}`;
		await env.OAUTH_KV.put(name, (await env.OAUTH_KV.get(name)) ?? "");
		expect((await list(`?client=${other.client_id}`)).grants.map(({ grant }) => grant)).toEqual([grantOf(other)]);
		expect((await list(`?client=${tokens.client_id}`)).grants.map(({ grant }) => grant)).toEqual([grantOf(tokens)]);
		expect(await revoke({ client: other.client_id })).toMatchObject({ revoked: 1 });
		await expectAlive(tokens);
		expect(await revoke({ client: tokens.client_id })).toMatchObject({ revoked: 1 });
		expect((await refresh(tokens)).status).toBe(400);
	});

	it("that is long comes in pages, of three operations at most", async () => {
		await noteMany(230);
		const operations = ["list", "get"].map((name) => vi.spyOn(env.OAUTH_KV, name as "list"));
		const seen: string[] = [];
		const sizes: number[] = [];
		let cursor: string | undefined;
		do {
			const page = await list(cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`);
			seen.push(...page.grants.map(({ user }) => user));
			sizes.push(page.grants.length);
			cursor = page.cursor;
		} while (cursor !== undefined);
		expect(sizes).toEqual([100, 100, 30]);
		expect(new Set(seen).size).toBe(230);
		expect(operations.flatMap(({ mock }) => mock.calls).length).toBeLessThanOrEqual(9);
	});

	it("leaves out a note that cannot be read, and the log says so", async () => {
		await noteMany(1);
		await env.OAUTH_KV.put("grant:many-broken:g", "{");
		expect((await list()).grants.map(({ user }) => user)).toEqual(["many-0000"]);
		expect(lines.join("\n")).toContain("record_unreadable");
	});

	it("says that it cannot be had while storage does not answer", async () => {
		vi.spyOn(env.OAUTH_KV, "list").mockRejectedValue(new Error("KV is down"));
		const response = await get();
		expect(response.status).toBe(503);
		expect(response.headers.get("Retry-After")).toBe("30");
		expect(await response.json()).toMatchObject({ error: "temporarily_unavailable" });
	});
});

/** That a grant and all that is open under it ends when this is done. */
async function expectEnd(tokens: SignedIn, end: () => Promise<void>): Promise<void> {
	const { access_token: token } = tokens;
	const session = await openSession(token);
	const stream = new EventReader(await mcp(null, { token, session, method: "GET" }));
	await stream.next();
	expect((await mcp(LIST_TOOLS, { token, session })).status).toBe(200);
	await end();
	expect(await stream.next()).toBeUndefined();
	expect((await mcp(LIST_TOOLS, { token, session })).status).toBe(401);
	const response = await refresh(tokens);
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({ error: "invalid_grant" });
}

async function expectAlive(tokens: SignedIn): Promise<void> {
	expect(await works(tokens)).toBe(true);
	expect((await refresh(tokens)).status).toBe(200);
}

describe("a revocation by the operator", () => {
	it("of one grant ends its stream, its calls and its refresh, and nothing else", async () => {
		const email = newEmail();
		const [ended, kept, stranger] = [await signInHere(email), await signInHere(email), await signInHere()];
		await expectEnd(ended, async () => {
			const body = { user: userOf(ended.access_token), grant: grantOf(ended) };
			expect(await revoke(body)).toEqual({ revoked: 1, unreachable: [] });
		});
		await expectAlive(kept);
		await expectAlive(stranger);
		expect((await list()).grants.map(({ grant }) => grant)).not.toContain(grantOf(ended));
		const end = lines.find((line) => line.includes('"grant_ended"') && line.includes(grantOf(ended)));
		expect(end).toContain('"outcome":"administrator"');
	});

	it("of one user ends all of the user's grants, and no other's", async () => {
		const email = newEmail();
		const [one, other, stranger] = [await signInHere(email), await signInHere(email), await signInHere()];
		await expectEnd(one, async () => {
			expect(await revoke({ user: userOf(one.access_token) })).toEqual({ revoked: 2, unreachable: [] });
		});
		expect((await refresh(other)).status).toBe(400);
		await expectAlive(stranger);
	});

	it("of one client ends its grants of all users, and not the users' other grants", async () => {
		const clientId = await oauthClient().register("Shared");
		const emails = [newEmail(), newEmail()];
		const [one, other] = [
			await signInHere(emails[0], { clientId }),
			await signInHere(emails[1], { clientId }),
		] as const;
		const kept = await signInHere(emails[0]);
		await expectEnd(one, async () => {
			expect(await revoke({ client: clientId })).toEqual({ revoked: 2, unreachable: [] });
		});
		expect((await refresh(other)).status).toBe(400);
		await expectAlive(kept);
		expect((await list()).grants.map(({ grant }) => grant)).toEqual([grantOf(kept)]);
	});

	it("of everybody ends all grants", async () => {
		const [one, other] = [await signInHere(), await signInHere()];
		await expectEnd(one, async () => {
			expect(await revoke({ everybody: true })).toEqual({ revoked: 2, unreachable: [] });
		});
		expect((await refresh(other)).status).toBe(400);
		expect(await list()).toEqual({ grants: [] });
	});

	it("of a grant, a user or a client that does not exist revokes nothing", async () => {
		const tokens = await signInHere();
		for (const body of [
			{ user: userOf(tokens.access_token), grant: "none" },
			{ user: "local-nobody@example.com", grant: grantOf(tokens) },
			{ user: "local-nobody@example.com" },
			{ client: "none" },
		]) {
			expect(await revoke(body)).toEqual({ revoked: 0, unreachable: [] });
		}
		await expectAlive(tokens);
	});

	it.each([
		["everybody", { everybody: true }],
		["a client", { client: "shared" }],
	])("of %s asks 50 objects a request at most, and continues where it stopped", async (_whose, body) => {
		await noteMany(120, "shared");
		const tokens = await signInHere();
		const asked = vi.spyOn(env.OAUTH_KV, "list");
		let revoked = 0;
		let cursor: string | undefined;
		do {
			const batch = await revoke({ ...body, ...(cursor !== undefined && { cursor }) });
			revoked += batch.revoked;
			cursor = batch.cursor;
		} while (cursor !== undefined);
		expect(asked.mock.calls.filter(([options]) => options?.prefix === "grant:")).toHaveLength(3);
		expect(asked.mock.calls.every(([options]) => (options?.limit ?? 0) <= 50)).toBe(true);
		expect(revoked).toBe("everybody" in body ? 1 : 0);
		expect(await works(tokens)).toBe(!("everybody" in body));
	});

	it("names the users whose object did not answer, and ends the grants of the others", async () => {
		const [one, other] = [await signInHere(), await signInHere()];
		const user = userOf(one.access_token);
		const reach = env.MCP_OBJECT.getByName.bind(env.MCP_OBJECT);
		const broken = vi.spyOn(env.MCP_OBJECT, "getByName").mockImplementation((name) => {
			if (name === user) throw new Error("The object cannot be reached");
			return reach(name);
		});
		expect(await revoke({ everybody: true })).toEqual({ revoked: 1, unreachable: [user] });
		broken.mockRestore();
		await expectAlive(one);
		expect((await refresh(other)).status).toBe(400);
	});

	it("of one user whose object does not answer says so, and can be tried again", async () => {
		const tokens = await signInHere();
		const broken = breakObjects();
		const response = await post({ user: userOf(tokens.access_token) });
		broken.restore();
		expect(response.status).toBe(503);
		await expectAlive(tokens);
		expect(await revoke({ user: userOf(tokens.access_token) })).toMatchObject({ revoked: 1 });
	});

	it.each([
		["no JSON", "user=alice"],
		["nothing", "{}"],
		["another name", '{"users":"alice"}'],
		["two at once", '{"user":"alice","client":"c"}'],
		["everybody as a word", '{"everybody":"yes"}'],
		["nobody", '{"everybody":false}'],
		["a grant without its user", '{"grant":"g"}'],
		["everybody but a grant", '{"everybody":true,"grant":"g"}'],
		["an empty user", '{"user":""}'],
		["no text", '{"user":7}'],
	])("that says %s is refused with a sentence, and ends nothing", async (_what, body) => {
		const tokens = await signInHere();
		const response = await withKey(REVOKE, { method: "POST", headers, body });
		expect(response.status).toBe(400);
		const { error_description } = await response.json<{ error_description: string }>();
		expect(error_description).toContain('{"everybody": true}');
		await expectAlive(tokens);
	});
});

it.each([
	["another parameter", "?users=alice"],
	["an empty user", "?user="],
	["a cursor for one user", "?user=alice&cursor=c"],
	["a client that is too long", `?client=${"x".repeat(2000)}`],
])("a list with %s is refused with a sentence", async (_what, query) => {
	const response = await get(query);
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({ error_description: expect.stringContaining("no parameters") });
});
