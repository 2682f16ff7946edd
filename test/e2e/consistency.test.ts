/**
 * Sign-ins and refreshes over two locations, while Workers KV does the worst that its documentation allows: first on
 * the shape of the stock templates, which loses them, then here.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, REDIRECT_URI, type Tokens } from "../support/oauth-client.ts";
import { type Fetch, Person } from "../support/person.ts";
import { openPlaces, type Place, type Places } from "./consistency/places.ts";

const ORIGIN = "http://localhost:8788";
const INITIALIZE = {
	jsonrpc: "2.0",
	id: 0,
	method: "initialize",
	params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};
const SEEDS = [1, 2];
const BOTH: readonly Place[] = ["here", "there"];
const other = (place: Place): Place => (place === "here" ? "there" : "here");

type Refreshed = { readonly status: number; readonly body: Partial<Tokens> & { readonly error?: string } };

async function refreshAt(
	places: Places,
	place: Place,
	{ refresh_token = "" }: Partial<Tokens>,
	clientId: string,
): Promise<Refreshed> {
	const fields = { grant_type: "refresh_token", refresh_token, client_id: clientId };
	const response = await new OAuthClient(places.at(place), ORIGIN).token(fields);
	return { status: response.status, body: (await response.json()) as Refreshed["body"] };
}

/** Ten windows refresh at once, at both locations in turn. */
function refreshTen(places: Places, tokens: readonly Partial<Tokens>[], clientId: string): Promise<Refreshed[]> {
	const ask = (index: number) =>
		refreshAt(places, BOTH[index % 2] ?? "here", tokens[index % tokens.length] ?? {}, clientId);
	return Promise.all(Array.from({ length: 10 }, (_, index) => ask(index)));
}

describe("the stock shape", () => {
	let places: Places;
	beforeAll(async () => {
		places = await openPlaces("stock", { ORIGIN, SHAPE: "floor" });
	}, 120_000);
	afterAll(() => places?.stop());

	/** Registers, authorizes and exchanges the code, each step at a location of its own. */
	async function signIn(steps: readonly [Place, Place, Place]) {
		const [register, authorize, exchange] = steps.map((place) => places.at(place)) as [Fetch, Fetch, Fetch];
		const clientId = await new OAuthClient(register, ORIGIN).register();
		const { url, verifier } = await new OAuthClient(register, ORIGIN).authorizationUrl(clientId);
		// Its own limit, of one write a second for each key, is not what this is about.
		await places.leap(2);
		const redirect = await authorize(url).catch(() => undefined);
		const location = redirect?.headers.get("Location");
		if (!location) return { clientId };
		await places.leap(2);
		const code = new URL(location).searchParams.get("code") ?? "";
		const fields = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
		const response = await new OAuthClient(exchange, ORIGIN).token({ ...fields, client_id: clientId });
		return { clientId, response };
	}

	it.each(SEEDS)("fails a sign-in whose browser is elsewhere, with seed %i", async (seed) => {
		await places.reset(seed);
		expect((await signIn(["here", "there", "here"])).response).toBeUndefined();
	});

	it.each(SEEDS)(
		"calls an app unknown, or its code invalid, if it exchanges the code elsewhere, with seed %i",
		async (seed) => {
			await places.reset(seed);
			const { response } = await signIn(["here", "here", "there"]);
			expect([400, 401]).toContain(response?.status);
			expect(await response?.json()).toMatchObject({ error: expect.stringMatching(/^invalid_(client|grant)$/) });
		},
	);

	it.each(SEEDS)("loses the grant for nine of ten windows that refresh at once, with seed %i", async (seed) => {
		await places.reset(seed);
		const { clientId, response } = await signIn(["here", "here", "here"]);
		const tokens = (await response?.json()) as Tokens;
		await places.leap(3600);
		const answers = await refreshTen(places, [tokens], clientId);
		const succeeded = answers.filter(({ status }) => status === 200);
		expect(succeeded.length).toBeGreaterThan(0);
		let canGoOn = 0;
		for (const answer of succeeded) {
			await places.leap(120);
			canGoOn += (await refreshAt(places, "here", answer.body, clientId)).status === 200 ? 1 : 0;
		}
		expect(canGoOn).toBeLessThanOrEqual(1);
	});
});

describe("this server", () => {
	let places: Places;
	beforeAll(async () => {
		places = await openPlaces("product");
	}, 120_000);
	afterAll(() => places?.stop());

	/**
	 * A browser whose requests arrive at both locations in turn. Where it is told to wait a minute, it does, and asks
	 * again.
	 */
	function patientFetch(): { fetch: Fetch; refusals: string[] } {
		const refusals: string[] = [];
		let place: Place = "here";
		const fetch: Fetch = async (url, init) => {
			place = other(place);
			for (;;) {
				const response = await places.at(place)(url, init);
				if (response.status < 400 || refusals.length > 10) return response;
				const text = await response.text();
				refusals.push(text);
				if (!/wait a minute|Try again in a minute|temporarily_unavailable/.test(text)) throw new Error(text);
				await places.leap(61);
			}
		};
		return { fetch, refusals };
	}

	/** Signs in, by default with each step at another location than the one before. */
	async function signIn({ fetch, refusals }: ReturnType<typeof patientFetch> = patientFetch()) {
		const client = new OAuthClient(fetch, ORIGIN);
		const clientId = await client.register();
		const { url, verifier } = await client.authorizationUrl(clientId, { resource: null });
		const end = await new Person(fetch).authorize(url, { email: `${crypto.randomUUID()}@example.com` });
		const code = end.searchParams.get("code") ?? "";
		const fields = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
		return { clientId, refusals, exchange: { ...fields, client_id: clientId } };
	}

	async function tokensAt(place: Place): Promise<Tokens & { clientId: string }> {
		const { clientId, exchange } = await signIn({ fetch: places.at(place), refusals: [] });
		const response = await new OAuthClient(places.at(other(place)), ORIGIN).token(exchange);
		expect(response.status).toBe(200);
		return { ...((await response.json()) as Tokens), clientId };
	}

	async function call(place: Place, token: string): Promise<number> {
		const response = await places.at(place)(`${ORIGIN}/mcp`, {
			method: "POST",
			headers: {
				Authorization: `Bearer ${token}`,
				Accept: "application/json, text/event-stream",
				"Content-Type": "application/json",
			},
			body: JSON.stringify(INITIALIZE),
		});
		await response.text();
		return response.status;
	}

	it.each(SEEDS)("signs in over two locations: whoever has to wait is told so, with seed %i", async (seed) => {
		await places.reset(seed);
		const { refusals, exchange } = await signIn();
		for (const refusal of refusals) expect(refusal).not.toContain("invalid_client");
		// From here on there is a user, and nobody has to wait.
		const response = await new OAuthClient(places.at("there"), ORIGIN).token(exchange);
		expect(response.status).toBe(200);
		const tokens = (await response.json()) as Tokens;
		expect([await call("here", tokens.access_token), await call("there", tokens.access_token)]).toEqual([200, 200]);
		expect((await refreshAt(places, "here", tokens, exchange.client_id)).status).toBe(200);
	});

	it.each(SEEDS)("has ten windows refresh at once, and each of them again, with seed %i", async (seed) => {
		await places.reset(seed);
		const { clientId, ...tokens } = await tokensAt("there");
		await places.writes();
		const first = await refreshTen(places, [tokens], clientId);
		expect(first.map(({ status }) => status)).toEqual(first.map(() => 200));
		const answers = first.map(({ body }) => body);
		expect(new Set(answers.map(({ access_token }) => access_token)).size).toBe(1);
		expect(await places.writes()).toEqual([expect.stringMatching(/^token:/)]);
		const second = await refreshTen(places, answers, clientId);
		expect(second.map(({ status }) => status)).toEqual(second.map(() => 200));
	});

	it.each(SEEDS)("repeats an answer that was lost, wherever it is asked for, with seed %i", async (seed) => {
		await places.reset(seed);
		const { clientId, ...tokens } = await tokensAt("here");
		const { body: lost } = await refreshAt(places, "here", tokens, clientId);
		const { body: found } = await refreshAt(places, "there", tokens, clientId);
		expect(found.refresh_token).toBe(lost.refresh_token);
		expect(await call("there", found.access_token ?? "")).toBe(200);
	});

	it.each(SEEDS)("ends a grant for both locations at once, with seed %i", async (seed) => {
		await places.reset(seed);
		const { clientId, ...tokens } = await tokensAt("here");
		const revoked = await new OAuthClient(places.at("there"), ORIGIN).token({
			token: tokens.refresh_token ?? "",
			client_id: clientId,
		});
		expect(revoked.status).toBe(200);
		for (const place of BOTH) {
			const { status, body } = await refreshAt(places, place, tokens, clientId);
			expect(status).toBe(400);
			expect(body.error).toBe("invalid_grant");
		}
	});
});
