/** Who may sign in at all: at the sign-in, with each request after a setting changed, and at a refresh. */
import { parse } from "node-html-parser";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Behaviour } from "../support/identity/behaviour.ts";
import { caseOf, PROVIDERS, type ProviderCase } from "../support/identity/cases.ts";
import { ORIGIN, Scene, type Server } from "../support/identity/server.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { openStreams } from "../support/objects.ts";
import { readText } from "../support/person.ts";
import { EventReader } from "../support/sse.ts";
import { INITIALIZE, mcp } from "../support/worker.ts";

const OTHERS = { ALLOWED_USERS: "somebody@elsewhere.example" };
const DOMAIN = { ALLOWED_DOMAINS: "example.com" };
const HOUR_SECONDS = 3600;

const idOf = ({ provider, login }: Scene) => `id:${provider.name}-${provider.subject(login)}`;
const isLetIn = async (scene: Scene) => {
	const client = scene.client();
	const { url } = await client.authorizationUrl(await client.register());
	const { url: end, response } = await scene.person().walk(url, { login: scene.login });
	if (!response) return end.searchParams.has("code");
	expect(response.status).toBe(403);
	return false;
};
const openAt = (server: Server, token: string, path = "/mcp") => {
	const request = path.endsWith("/sse") ? { path, method: "GET" } : { path };
	return mcp(INITIALIZE, { ...request, token, origin: ORIGIN, via: server.fetch });
};
const statusAt = async (server: Server, token: string, path?: string) => {
	const response = await openAt(server, token, path);
	await response.body?.cancel();
	return response.status;
};

/** Lets time pass for the server, and not for the providers. */
function pass(seconds: number): void {
	vi.useFakeTimers({ toFake: ["Date"] });
	vi.setSystemTime(Date.now() + seconds * 1000);
}

/** The events of the audit log that tests cause. */
function listen(): () => Record<string, unknown>[] {
	const texts: string[] = [];
	for (const method of ["log", "info", "warn", "error"] as const) {
		vi.spyOn(console, method).mockImplementation((...parts) => void texts.push(parts.join(" ")));
	}
	return () => texts.flatMap((text) => (text.startsWith("{") ? [JSON.parse(text) as Record<string, unknown>] : []));
}

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

describe.each(PROVIDERS)("a user of $title whom the settings do not name", (provider) => {
	it("sees as whom they signed in and whom to ask, and gets no grant; the client hears of it when they go back", async () => {
		const scene = await Scene.open(provider, {}, { ...OTHERS, ADMINISTRATOR_CONTACT: "it@example.com" });
		const events = listen();
		const response = await scene.refusal();
		expect(response.status).toBe(403);
		expect(response.headers.has("Location")).toBe(false);
		const html = await response.text();
		const text = readText(html);
		expect(text).toContain(`You signed in with ${provider.title} as ${scene.login}@example.com`);
		expect(text).toContain("Ask it@example.com for access");
		expect(text).toContain(idOf(scene));
		const links = parse(html).querySelectorAll("a[href]");
		expect(links.map((link) => link.getAttribute("href"))).toContain("mailto:it@example.com");
		const back = new URL(links.find((link) => link.text === "Back to your app")?.getAttribute("href") ?? "");
		expect(Object.fromEntries(back.searchParams)).toMatchObject({ error: "access_denied", state: "client-state" });
		const refusals = events().filter(({ event }) => event === "refused");
		expect(refusals).toEqual([expect.objectContaining({ outcome: "not_allowed", user: expect.any(String) })]);
		expect(JSON.stringify(events())).not.toContain(scene.login);
		expect(events().some(({ event }) => event === "signed_in")).toBe(false);
	});

	it("is let in when they are named by their ID", async () => {
		const scene = await Scene.open(provider, {}, OTHERS);
		expect(await isLetIn(scene)).toBe(false);
		const named = await Scene.open(provider, {}, { ALLOWED_USERS: `${OTHERS.ALLOWED_USERS}, id:${provider.name}-x` });
		expect(await isLetIn(named)).toBe(false);
		const changed = scene.changed({ ALLOWED_USERS: idOf(scene) });
		expect((await changed.signIn({ login: scene.login })).access_token).toBeTruthy();
	});

	it("is refused at every endpoint from the change of the setting on, and their streams end", async () => {
		const on = { STDIO_URL: "http://127.0.0.1:9", STDIO_PIPE_SECRET: "a secret", STDIO_ALLOWED_USERS: "*" };
		const scene = await Scene.open(provider, {}, { ...on, ALLOWED_USERS: "*" });
		const { access_token: token } = await scene.signIn({ resource: null });
		const userId = (await scene.propsOf(token))?.user.id ?? "";
		expect(await statusAt(scene, token)).toBe(200);
		const stream = new EventReader(await openAt(scene, token, "/sse"));
		await expect.poll(() => openStreams(userId)).toBe(1);

		const events = listen();
		const changed = scene.changed({ ...on, ...OTHERS });
		const refusal = await openAt(changed, token);
		expect(refusal.status).toBe(401);
		expect(refusal.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
		await refusal.text();
		await expect.poll(() => openStreams(userId)).toBe(0);
		await stream.close();
		for (const path of ["/mcp", "/sse", "/stdio/mcp", "/stdio/sse"]) {
			const fresh = await scene.signIn({ resource: null });
			expect([path, await statusAt(scene, fresh.access_token, path)]).not.toEqual([path, 401]);
			expect([path, await statusAt(changed, fresh.access_token, path)]).toEqual([path, 401]);
		}
		expect(events()).toContainEqual(expect.objectContaining({ event: "grant_ended", outcome: "not_allowed" }));
	});

	it("has a grant that ends with its next refresh", async () => {
		const scene = await Scene.open(provider, {}, { ALLOWED_USERS: "*" });
		const [tokens, others] = [await scene.signIn(), await scene.signIn()];
		expect((await scene.refresh(others)).status).toBe(200);
		const events = listen();
		const response = await scene.changed(OTHERS).refresh(tokens);
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ error: "invalid_grant" });
		expect(events()).toContainEqual(expect.objectContaining({ event: "grant_ended", outcome: "not_allowed" }));
		expect(await scene.propsOf(tokens.access_token)).toBeUndefined();
	});
});

describe.each(PROVIDERS)("an allowed domain, at $title,", (provider) => {
	const byHd = provider.name === "google";
	const ofDomain = byHd ? { hd: "example.com" } : {};
	const isStated = provider.isEmailVerified;

	it(`${isStated ? "lets in" : "does not let in"} users of that domain`, async () => {
		expect(await isLetIn(await Scene.open(provider, { claims: ofDomain }, DOMAIN))).toBe(isStated);
	});

	it("is a domain, and no other that looks like it", async () => {
		for (const domain of ["sub.example.com", "evil-example.com", "example.com.evil.org", "xample.com"]) {
			const email = `user@${domain}`;
			const emails = [{ email, primary: true, verified: true }];
			const scene = await Scene.open(provider, { claims: { email, emails, ...(byHd && { hd: domain }) } }, DOMAIN);
			expect([domain, await isLetIn(scene)]).toEqual([domain, false]);
		}
	});

	it.runIf(isStated && !byHd && provider.name !== "access")("counts only if the address is verified", async () => {
		const email = "user@example.com";
		const claims = (verified: boolean) => ({
			email,
			email_verified: verified,
			emails: [{ email, primary: true, verified }],
		});
		expect(await isLetIn(await Scene.open(provider, { claims: claims(false) }, DOMAIN))).toBe(false);
		expect(await isLetIn(await Scene.open(provider, { claims: claims(true) }, DOMAIN))).toBe(true);
	});
});

describe("Google", () => {
	const google = caseOf("google");

	it.each([{}, { hd: null }, { hd: 1 }, { hd: "elsewhere.example" }])(
		"accounts with %o are not of the domain of their address, verified or not",
		async (claims) => {
			const all = { email: "user@example.com", email_verified: true };
			expect(await isLetIn(await Scene.open(google, { claims: { ...all, ...claims } }, DOMAIN))).toBe(false);
			expect(await isLetIn(await Scene.open(google, { claims: { ...all, hd: "Example.com" } }, DOMAIN))).toBe(true);
		},
	);
});

/** How a provider states a claim, if it states any. */
function stating(provider: ProviderCase, value: unknown): { name: string; behaviour: Behaviour } | undefined {
	if (provider.name === "cloudflare" || provider.name === "github") return undefined;
	const name = provider.name === "workos" ? "permissions" : "roles";
	return { name, behaviour: { claims: { [name]: value }, expiresIn: 7200 } };
}

describe.each(PROVIDERS)("a claim, at $title,", (provider) => {
	const { name, behaviour } = stating(provider, ["sales", "ops"]) ?? { name: "roles", behaviour: {} };
	const settings = { ALLOWED_CLAIM: `${name}=engineering, ops` };
	const isStated = stating(provider, "") !== undefined;

	it(`${isStated ? "lets in" : "does not let in"} users who have one of its values`, async () => {
		expect(await isLetIn(await Scene.open(provider, behaviour, settings))).toBe(isStated);
	});

	it.runIf(isStated)("lets in no user with other values, or with none", async () => {
		for (const value of [["sales"], [], "sales", "ops,sales", "OPS", 1, { ops: true }, [["ops"], 1]]) {
			const scene = await Scene.open(provider, stating(provider, value)?.behaviour, settings);
			expect([value, await isLetIn(scene)]).toEqual([value, false]);
		}
	});

	it.runIf(isStated)("can be changed in the settings, and counts with the next request", async () => {
		const scene = await Scene.open(provider, behaviour, settings);
		const { access_token: token } = await scene.signIn();
		expect(await statusAt(scene.changed({ ALLOWED_CLAIM: `${name}=sales` }), token)).toBe(200);
		expect(await statusAt(scene.changed({ ALLOWED_CLAIM: `${name}=engineering` }), token)).toBe(401);
	});

	it.runIf(isStated)("is asked for at a refresh after an hour, and ends the grant if it is gone", async () => {
		const scene = await Scene.open(provider, behaviour, settings);
		const tokens = await scene.signIn();
		await scene.behave(stating(provider, ["sales"])?.behaviour ?? {});
		const soon = await scene.refresh(tokens);
		expect(soon.status).toBe(200);
		const refreshed = { ...tokens, ...(await soon.json<Tokens>()) };
		pass(HOUR_SECONDS);
		const late = await scene.refresh(refreshed);
		expect(late.status).toBe(400);
		expect(await late.json()).toMatchObject({ error: "invalid_grant" });
	});

	it.runIf(isStated)("that is still there lets the user go on, and is asked for once an hour", async () => {
		const scene = await Scene.open(provider, behaviour, settings);
		const tokens = await scene.signIn();
		pass(HOUR_SECONDS);
		const first = await scene.refresh(tokens);
		expect(first.status).toBe(200);
		const refreshed = { ...tokens, ...(await first.json<Tokens>()) };
		const asked = (await scene.requests()).length;
		expect((await scene.refresh(refreshed)).status).toBe(200);
		expect(await scene.requests()).toHaveLength(asked);
	});

	it.runIf(isStated)("holds while the provider is down", async () => {
		const scene = await Scene.open(provider, behaviour, settings);
		const tokens = await scene.signIn();
		const down = { status: 503 };
		await scene.behave({ ...stating(provider, [])?.behaviour, onRefresh: down, onApi: down });
		pass(HOUR_SECONDS);
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(200);
		const refreshed = { ...tokens, ...(await response.json<Tokens>()) };
		await scene.behave(stating(provider, [])?.behaviour ?? {});
		expect((await scene.refresh(refreshed)).status).toBe(400);
	});
});

describe("a claim of an OpenID issuer", () => {
	const oidc = caseOf("oidc");
	const NAME = "https://example.com/roles";
	const settings = { ALLOWED_CLAIM: `${NAME}=ops` };

	it("may have an address as its name, or a path", async () => {
		const named = { idToken: { claims: { [NAME]: "ops" } } };
		expect(await isLetIn(await Scene.open(oidc, named, settings))).toBe(true);
		const nested = { idToken: { claims: { realm_access: { roles: ["ops"] } } } };
		expect(await isLetIn(await Scene.open(oidc, nested, { ALLOWED_CLAIM: "realm_access.roles=ops" }))).toBe(true);
		expect(await isLetIn(await Scene.open(oidc, nested, { ALLOWED_CLAIM: "realm_access.groups=ops" }))).toBe(false);
	});

	it("may be at the userinfo endpoint only; the ID token counts before it", async () => {
		const scene = await Scene.open(oidc, {}, settings);
		const sub = scene.login;
		const userInfo = (values: unknown) => ({
			status: 200,
			body: { sub, name: "A", email: "a@b.example", [NAME]: values },
		});
		await scene.behave({ onApi: userInfo(["ops"]) });
		expect(await isLetIn(scene)).toBe(true);
		await scene.behave({ onApi: userInfo(["ops"]), idToken: { claims: { [NAME]: ["sales"] } } });
		expect(await isLetIn(scene)).toBe(false);
		await scene.behave({ onApi: userInfo(["sales"]), idToken: { claims: { [NAME]: ["ops"] } } });
		expect(await isLetIn(scene)).toBe(true);
	});

	it("may have hundreds of values: those that count are kept", async () => {
		const values = [...Array.from({ length: 500 }, (_, index) => `group-${index}`), "x".repeat(5000), "ops"];
		const scene = await Scene.open(oidc, { idToken: { claims: { [NAME]: values } } }, settings);
		const props = await scene.propsOf((await scene.signIn()).access_token);
		expect(props?.user.membership?.claim?.values).toHaveLength(100);
		expect(props?.user.membership?.claim?.values).toContain("ops");
	});

	it("is asked for at the userinfo endpoint if there is no refresh token, and no ID token comes", async () => {
		const scene = await Scene.open(
			oidc,
			{ refreshToken: "omitted", claims: { roles: "ops" }, expiresIn: 7200 },
			{ ALLOWED_CLAIM: "roles=ops" },
		);
		const tokens = await scene.signIn();
		await scene.behave({ idToken: { isMissing: true }, claims: { roles: "sales" }, expiresIn: 7200 });
		pass(HOUR_SECONDS);
		expect((await scene.refresh(tokens)).status).toBe(400);
	});
});

describe("GITHUB_ALLOWED_ORGANIZATIONS", () => {
	const github = caseOf("github");
	const settings = { GITHUB_ALLOWED_ORGANIZATIONS: "Acme, umbrella-corp" };
	const of = (organizations: Record<string, string>, more: Behaviour = {}): Behaviour => ({
		expiresIn: null,
		...more,
		claims: { organizations },
	});

	it("lets in members of one, however it is written", async () => {
		expect(await isLetIn(await Scene.open(github, of({ acme: "active" }), settings))).toBe(true);
		expect(await isLetIn(await Scene.open(github, of({ "Umbrella-Corp": "active" }), settings))).toBe(true);
	});

	it("lets in no users who are invited only, or members of others", async () => {
		expect(await isLetIn(await Scene.open(github, of({ acme: "pending" }), settings))).toBe(false);
		expect(await isLetIn(await Scene.open(github, of({ "acme-labs": "active" }), settings))).toBe(false);
		expect(await isLetIn(await Scene.open(github, of({}), settings))).toBe(false);
	});

	it("finds a member of more organisations than a page has", async () => {
		const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`org-${index}`, "active"]));
		expect(await isLetIn(await Scene.open(github, of({ ...many, acme: "active" }), settings))).toBe(true);
		expect(await isLetIn(await Scene.open(github, of(many), settings))).toBe(false);
	});

	it("is what the scope read:org is asked for, and nothing else", async () => {
		const scopes = async (own: Record<string, string>) => {
			const scene = await Scene.open(github, of({ acme: "active" }), own);
			await scene.signIn();
			const paths = (await scene.requests()).map(({ path }) => path);
			return paths.includes("/user/memberships/orgs");
		};
		expect(await scopes(settings)).toBe(true);
		expect(await scopes({})).toBe(false);
	});

	it.each([
		["an OAuth app", null],
		["a GitHub App", 7200],
	])("is asked again after an hour with the token of %s: who has left loses access", async (_what, expiresIn) => {
		const scene = await Scene.open(github, of({ acme: "active" }, { expiresIn }), settings);
		const [tokens, others] = [await scene.signIn(), await scene.signIn()];
		// The organisation was renamed.
		await scene.behave(of({ "acme-renamed": "active" }, { expiresIn }));
		const soon = await scene.refresh(tokens);
		expect(soon.status).toBe(200);
		const refreshed = { ...tokens, ...(await soon.json<Tokens>()) };
		pass(HOUR_SECONDS);
		expect((await scene.refresh(refreshed)).status).toBe(400);
		await scene.behave(of({ acme: "active" }, { expiresIn }));
		expect((await scene.refresh(others)).status).toBe(200);
	});

	it("holds while GitHub is down, and ends when GitHub does not accept the user's token any more", async () => {
		const scene = await Scene.open(github, of({ acme: "active" }), settings);
		const tokens = await scene.signIn();
		pass(HOUR_SECONDS);
		await scene.behave(of({}, { onApi: { status: 502 } }));
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(200);
		await scene.behave(of({ acme: "active" }, { onApi: { status: 401, body: { message: "Bad credentials" } } }));
		expect((await scene.refresh({ ...tokens, ...(await response.json<Tokens>()) })).status).toBe(400);
	});

	it("that is changed to another organisation of the user is asked for at the next refresh", async () => {
		const scene = await Scene.open(github, of({ acme: "active", other: "active" }), settings);
		const [tokens, others] = [await scene.signIn(), await scene.signIn()];
		expect((await scene.changed({ GITHUB_ALLOWED_ORGANIZATIONS: "other" }).refresh(tokens)).status).toBe(200);
		expect((await scene.changed({ GITHUB_ALLOWED_ORGANIZATIONS: "none" }).refresh(others)).status).toBe(400);
	});

	it.each([
		[{ status: 403, body: { message: "Forbidden" } }, 400],
		[{ status: 502 }, 200],
	])("that GitHub has not told for a day, because it answers %o, is answered with %i", async (onApi, status) => {
		const scene = await Scene.open(github, of({ acme: "active" }), settings);
		const tokens = await scene.signIn();
		await scene.behave(of({}, { onApi }));
		pass(HOUR_SECONDS);
		const soon = await scene.refresh(tokens);
		expect(soon.status).toBe(200);
		pass(24 * HOUR_SECONDS);
		expect((await scene.refresh({ ...tokens, ...(await soon.json<Tokens>()) })).status).toBe(status);
	});

	it("that is set later needs a new sign-in, which asks for the scope", async () => {
		const scene = await Scene.open(github, of({ acme: "active" }));
		const [tokens, others] = [await scene.signIn(), await scene.signIn()];
		const changed = scene.changed(settings);
		expect(await statusAt(changed, tokens.access_token)).toBe(401);
		expect((await changed.refresh(others)).status).toBe(400);
		const { access_token: token } = await changed.signIn({ login: scene.login });
		expect(await statusAt(changed, token)).toBe(200);
	});

	it("lets in no users of other providers", async () => {
		const claims = { organizations: { acme: "active" } };
		expect(await isLetIn(await Scene.open(caseOf("slack"), { claims }, settings))).toBe(false);
	});
});

describe("several settings", () => {
	it("are alternatives: a user whom one names is let in", async () => {
		const settings = { ...OTHERS, ...DOMAIN, GITHUB_ALLOWED_ORGANIZATIONS: "acme" };
		const github = caseOf("github");
		const email = "user@elsewhere.example";
		const emails = [{ email, primary: true, verified: true }];
		expect(await isLetIn(await Scene.open(github, { claims: { emails, organizations: {} } }, settings))).toBe(false);
		expect(
			await isLetIn(await Scene.open(github, { claims: { emails, organizations: { acme: "active" } } }, settings)),
		).toBe(true);
		expect(await isLetIn(await Scene.open(github, { claims: { organizations: {} } }, settings))).toBe(true);
	});
});

describe("a server that does not limit who may sign in", () => {
	it.each(PROVIDERS)("says that anyone with an account can, with $title", async (provider) => {
		const scene = await Scene.open(provider);
		const homeOf = async (server: Server) =>
			(await server.fetch(ORIGIN, { headers: { Accept: "application/json" } })).json();
		const events = listen();
		await scene.signIn();
		const [{ sentence } = {}] = events().filter(({ event }) => event === "anyone_may_sign_in");
		const sentences = { open_to: [expect.stringMatching(/^Anyone .* can sign in\.$/)] };
		expect(await homeOf(scene)).toMatchObject(sentence ? { open_to: [sentence] } : sentences);
		expect(await homeOf(scene.changed(DOMAIN))).not.toHaveProperty("open_to");
	});
});

describe("the account page", () => {
	it("shows nothing to a user who may not sign in any more, and lets them sign in no more", async () => {
		const scene = await Scene.open(caseOf("github"), {}, DOMAIN);
		const by = scene.person();
		const account = `${ORIGIN}/account`;
		const start = `${account}?redirect_uri=${encodeURIComponent(account)}`;
		await by.walk(start, { login: scene.login });
		const headers = { Cookie: by.cookiesOf(ORIGIN), Accept: "text/html" };
		const seen = async (server: Server) => readText(await (await server.fetch(account, { headers })).text());
		expect(await seen(scene)).toContain(`You are signed in as Name of ${scene.login}`);
		const changed = scene.changed(OTHERS);
		expect(await seen(changed)).not.toContain(scene.login);
		const { response } = await changed.person().walk(start, { login: scene.login });
		expect(response?.status).toBe(403);
		const back = parse(await (response as Response).text()).querySelector("a[href='/account']");
		expect(back?.text).toBe("Back");
	});
});
