/** The daily sweep: what has outlived its grant goes, and nothing of a live grant does. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import worker from "#under-test";
import { sweep } from "../../src/oauth/sweep.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { breakObjects, execute, userOf } from "../support/objects.ts";
import { INITIALIZE, mcp, oauthClient, signIn } from "../support/worker.ts";

type SignedIn = Tokens & { client_id: string };
type Line = { event: string; [field: string]: unknown };

const CURSOR = "sweep:cursor";
const HOUR = 60 * 60;
const DAY = 24 * HOUR;

const now = () => Math.floor(Date.now() / 1000);
const signInHere = (): Promise<SignedIn> => signIn({ email: `${crypto.randomUUID()}@example.com`, resource: null });

async function works({ access_token: token }: Tokens): Promise<boolean> {
	const response = await mcp(INITIALIZE, { token });
	await response.text();
	return response.status === 200;
}

function refresh({ refresh_token = "", client_id }: SignedIn): Promise<Response> {
	return oauthClient().token({ grant_type: "refresh_token", refresh_token, client_id });
}

async function namesOf(prefix: string): Promise<string[]> {
	const { keys } = await env.OAUTH_KV.list({ prefix });
	return keys.map(({ name }) => name);
}

/** The only name with this beginning. */
async function nameOf(prefix: string): Promise<string> {
	const names = await namesOf(prefix);
	expect(names).toHaveLength(1);
	return names[0] ?? "";
}

const noteOf = ({ access_token }: Tokens) => `grant:${access_token.split(":").slice(0, 2).join(":")}`;
const tokenOf = (tokens: Tokens) => nameOf(`${noteOf(tokens).replace("grant:", "token:")}:`);

/** A note as the user's object writes it. */
async function note(name: string, expiresAt: number): Promise<void> {
	const [, userId, id] = name.split(":");
	const record = { id, userId, clientId: "app", scope: ["tools"], createdAt: now() - DAY, expiresAt };
	await env.OAUTH_KV.put(name, JSON.stringify(record));
}

/** A token whose grant has ended. */
async function leaveToken(name: string): Promise<void> {
	const [, userId, grantId, id] = name.split(":");
	const grant = { clientId: "app", scope: ["tools"], encryptedProps: "" };
	const record = { id, userId, grantId, expiresAt: now() + HOUR, wrappedEncryptionKey: "", grant };
	await env.OAUTH_KV.put(name, JSON.stringify(record));
}

let lines: Line[] = [];
const linesOf = (event: string) => lines.filter((line) => line.event === event);

beforeEach(async () => {
	lines = [];
	for (const method of ["log", "warn", "error"] as const) {
		vi.spyOn(console, method).mockImplementation((line) => void lines.push(JSON.parse(String(line))));
	}
	// What other tests have left.
	for (const prefix of ["grant:", "token:", CURSOR]) {
		for (let names = await namesOf(prefix); names.length > 0; names = await namesOf(prefix)) {
			await Promise.all(names.map((name) => env.OAUTH_KV.delete(name)));
		}
	}
});
afterEach(() => {
	vi.restoreAllMocks();
});

describe("the sweep", () => {
	it("is run by the cron trigger, and says in one line what it checked and removed", async () => {
		const live = await signInHere();
		await note("grant:u:expired", now() - 1);
		await leaveToken("token:u:ended:t");
		await worker.scheduled(createScheduledController({ cron: "17 3 * * *" }), env);
		expect(linesOf("swept")).toEqual([
			{
				event: "swept",
				requestId: expect.stringMatching(/^[\w-]{36}$/),
				outcome: "finished",
				grantsChecked: 2,
				grantsPurged: 1,
				tokensChecked: 2,
				tokensPurged: 1,
			},
		]);
		expect(await namesOf("grant:")).toEqual([noteOf(live)]);
		expect(await namesOf("token:")).toEqual([await tokenOf(live)]);
		expect(await works(live)).toBe(true);
	});

	it("deletes an expired note with the tokens of its grant", async () => {
		await note("grant:u:expired", now() - 1);
		await leaveToken("token:u:expired:t");
		await note("grant:u:current", now() + HOUR);
		await leaveToken("token:u:current:t");
		await sweep(env);
		expect(await namesOf("grant:")).toEqual(["grant:u:current"]);
		expect(await namesOf("token:")).toEqual(["token:u:current:t"]);
	});

	it.each([
		["is missing", (name: string) => env.OAUTH_KV.delete(name)],
		["is out of date", (name: string) => note(name, now() - 1)],
		["is not JSON", (name: string) => env.OAUTH_KV.put(name, "{")],
	])("keeps the tokens of a live grant whose note %s", async (_what, change) => {
		const tokens = await signInHere();
		await change(noteOf(tokens));
		const name = await tokenOf(tokens);
		await sweep(env);
		expect(linesOf("swept")).toMatchObject([{ outcome: "finished", grantsPurged: 0, tokensPurged: 0 }]);
		expect(await namesOf("token:")).toEqual([name]);
		expect(await works(tokens)).toBe(true);
		expect((await refresh(tokens)).status).toBe(200);
	});

	it("keeps a grant whose client's registration has expired", async () => {
		const tokens = await signInHere();
		await env.OAUTH_KV.delete(`client:${tokens.client_id}`);
		await sweep(env);
		expect(await works(tokens)).toBe(true);
		expect((await refresh(tokens)).status).toBe(200);
	});

	it("deletes the token of a grant that the user's object does not have any more", async () => {
		const tokens = await signInHere();
		await env.OAUTH_KV.delete(noteOf(tokens));
		await execute(userOf(tokens.access_token), "DELETE FROM grant_records");
		await sweep(env);
		expect(linesOf("swept")).toMatchObject([{ tokensPurged: 1 }]);
		expect(await namesOf("token:")).toEqual([]);
	});

	it("keeps what the user's object cannot be asked about, for the next sweep", async () => {
		const tokens = await signInHere();
		await env.OAUTH_KV.delete(noteOf(tokens));
		await note("grant:u:expired", now() - 1);
		const broken = breakObjects();
		await sweep(env);
		broken.restore();
		expect(linesOf("swept")).toMatchObject([{ outcome: "finished", grantsPurged: 0, tokensPurged: 0 }]);
		expect(linesOf("grant_not_checked")).toHaveLength(2);
		expect(await works(tokens)).toBe(true);
	});
});

/** Two of each in a batch, and one batch in a sweep. */
const ONE_BATCH = { batchSize: 2, operations: 1 };

describe("a sweep of more records than one may check", () => {
	beforeEach(async () => {
		for (const letter of ["a", "b", "c", "d", "e"]) {
			await note(`grant:${letter}:g`, letter === "c" ? now() - 1 : now() + HOUR);
			await leaveToken(`token:${letter}:${letter === "e" ? "ended" : "g"}:t`);
		}
	});

	it("stops at its limit, and the next one continues there", async () => {
		const outcomes: unknown[] = [];
		do {
			await sweep(env, ONE_BATCH);
			outcomes.push(linesOf("swept").at(-1)?.outcome);
		} while (outcomes.at(-1) === "paused" && outcomes.length < 10);
		expect(outcomes.at(-1)).toBe("finished");
		expect(outcomes.length).toBeGreaterThan(3);
		const sum = (field: string) => linesOf("swept").reduce((total, line) => total + Number(line[field]), 0);
		expect(sum("grantsChecked")).toBe(5);
		expect(sum("grantsPurged")).toBe(1);
		// One went with its grant.
		expect(sum("tokensChecked")).toBe(4);
		expect(sum("tokensPurged")).toBe(1);
		expect(await namesOf("grant:")).toEqual(["a", "b", "d", "e"].map((letter) => `grant:${letter}:g`));
		expect(await namesOf("token:")).toEqual(["a", "b", "d"].map((letter) => `token:${letter}:g:t`));
		expect(await env.OAUTH_KV.get(CURSOR)).toBeNull();
	});

	it("goes on with batches until its limit", async () => {
		await sweep(env, { batchSize: 2, operations: 6 });
		expect(linesOf("swept")).toMatchObject([{ outcome: "paused", grantsChecked: 4 }]);
		await sweep(env, { batchSize: 2, operations: 1000 });
		expect(linesOf("swept")[1]).toMatchObject({ outcome: "finished", grantsChecked: 1, tokensChecked: 4 });
	});

	it.each(["list", "get", "delete"] as const)(
		"that fails at %s logs it, and the next one continues there",
		async (name) => {
			await sweep(env, ONE_BATCH);
			const cursor = await env.OAUTH_KV.get(CURSOR);
			expect(cursor).toMatch(/^grants:./);
			const real = env.OAUTH_KV[name].bind(env.OAUTH_KV) as (key: unknown) => Promise<unknown>;
			const broken = vi.spyOn(env.OAUTH_KV, name).mockImplementation((async (key: unknown) => {
				if (key === CURSOR) return real(key);
				throw new Error("KV is down");
			}) as never);
			await sweep(env, ONE_BATCH);
			broken.mockRestore();
			expect(linesOf("swept")[1]).toMatchObject({ outcome: "failed", grantsChecked: 0 });
			expect(linesOf("sweep_failed")).toHaveLength(1);
			expect(await env.OAUTH_KV.get(CURSOR)).toBe(cursor);
			await sweep(env, { batchSize: 2, operations: 1000 });
			expect(linesOf("swept")[2]).toMatchObject({ outcome: "finished", grantsChecked: 3, grantsPurged: 1 });
		},
	);

	it("that fails later continues after the last batch that it finished", async () => {
		const list = env.OAUTH_KV.list.bind(env.OAUTH_KV);
		let pages = 0;
		const broken = vi.spyOn(env.OAUTH_KV, "list").mockImplementation((async (options: KVNamespaceListOptions) => {
			if (options.prefix === "grant:" && ++pages > 2) throw new Error("KV is down");
			return list(options);
		}) as never);
		const limits = { batchSize: 2, operations: 1000 };
		await sweep(env, limits);
		broken.mockRestore();
		expect(linesOf("swept")).toMatchObject([{ outcome: "failed", grantsChecked: 4, grantsPurged: 1 }]);
		await sweep(env, limits);
		expect(linesOf("swept")[1]).toMatchObject({ outcome: "finished", grantsChecked: 1, tokensChecked: 4 });
	});

	it("keeps its place for a week at most, in case storage refuses to continue there", async () => {
		const put = vi.spyOn(env.OAUTH_KV, "put");
		await sweep(env, ONE_BATCH);
		expect(put.mock.calls.filter(([name]) => name === CURSOR)).toMatchObject([
			[CURSOR, expect.stringMatching(/^grants:./), { expirationTtl: 7 * DAY }],
		]);
	});
});

it("a sweep that cannot read where it stopped checks nothing, and logs that", async () => {
	vi.spyOn(env.OAUTH_KV, "get").mockRejectedValue(new Error("KV is down"));
	await sweep(env);
	expect(linesOf("sweep_failed")).toHaveLength(1);
	expect(linesOf("swept")).toMatchObject([{ outcome: "failed", grantsChecked: 0, tokensChecked: 0 }]);
});
