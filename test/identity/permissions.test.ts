import { describe, expect, it } from "vitest";
import type { JwtFault } from "../support/identity/behaviour.ts";
import { caseOf, PROVIDERS } from "../support/identity/cases.ts";
import { Scene } from "../support/identity/server.ts";
import type { Tokens } from "../support/oauth-client.ts";

const WITH_IMAGES = "tools identity notes images";
const WITHOUT = "tools identity notes";

describe.each(PROVIDERS.filter(({ permitting }) => permitting))("permissions that $title states", (provider) => {
	const permitting = { claims: provider.permitting ?? {} };

	it("are the user's", async () => {
		const scene = await Scene.open(provider, permitting);
		const { access_token, scope } = await scene.signIn();
		expect((await scene.propsOf(access_token))?.user.permissions).toEqual(["image_generation"]);
		expect(scope).toBe(WITH_IMAGES);
	});

	it("are asked for again with each refresh, and can be taken back", async () => {
		const scene = await Scene.open(provider, { ...permitting, expiresIn: 100 });
		const tokens = await scene.signIn();
		await scene.behave({ expiresIn: 100 });
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(200);
		const { access_token }: Tokens = await response.json();
		expect((await scene.propsOf(access_token))?.user.permissions).toEqual([]);
	});
});

describe.each([caseOf("auth0"), caseOf("workos")])(
	"an access token of $title, which states permissions,",
	(provider) => {
		const permitting = { claims: provider.permitting ?? {} };
		const hourAgo = Math.floor(Date.now() / 1000) - 3600;

		it.each<[string, JwtFault]>([
			["that somebody else signed", { isForged: true }],
			["that has expired", { claims: { exp: hourAgo } }],
		])("%s lets nobody in", async (_what, accessToken) => {
			const scene = await Scene.open(provider, { ...permitting, accessToken });
			const end = await scene.authorize();
			expect(end.searchParams.get("error")).toBe("server_error");
			expect(end.searchParams.has("code")).toBe(false);
		});

		it("that somebody else signed is not believed on a refresh, and ends nothing", async () => {
			const scene = await Scene.open(provider, { expiresIn: 100 });
			const tokens = await scene.signIn();
			await scene.behave({ ...permitting, expiresIn: 100, accessToken: { isForged: true } });
			expect((await scene.refresh(tokens)).status).toBe(503);
			expect((await scene.propsOf(tokens.access_token))?.user.permissions).toEqual([]);
		});
	},
);

describe.each(PROVIDERS.filter(({ permitting }) => !permitting))("$title, which states no permissions,", (provider) => {
	it("permits nothing by claims it happens to send", async () => {
		const claims = { permissions: ["image_generation"], roles: ["image_generation"], scope: "image_generation" };
		const scene = await Scene.open(provider, { claims });
		expect((await scene.signIn()).scope).toBe(WITHOUT);
	});
});

describe("IMAGE_GENERATION_USERS", () => {
	const google = caseOf("google");
	const github = caseOf("github");
	const settings = { IMAGE_GENERATION_USERS: "Listed, LISTED@example.com" };
	const scopeOf = async (provider: typeof google, claims: Record<string, unknown>) =>
		(await (await Scene.open(provider, { claims }, settings)).signIn()).scope;

	it("lists logins, whatever their case", async () => {
		expect(await scopeOf(github, { login: "lisTED" })).toBe(WITH_IMAGES);
		expect(await scopeOf(github, { login: "listed-too" })).toBe(WITHOUT);
	});

	it("lists email addresses that the provider verified, whatever their case", async () => {
		expect(await scopeOf(google, { email: "Listed@Example.com" })).toBe(WITH_IMAGES);
		const emails = [{ email: "listed@example.com", primary: true, verified: true }];
		expect(await scopeOf(github, { emails })).toBe(WITH_IMAGES);
	});

	it("does not take an address that the provider has not verified", async () => {
		const email = "listed@example.com";
		for (const email_verified of [false, "false", null]) {
			const scene = await Scene.open(google, { claims: { email, email_verified } }, settings);
			const end = await scene.authorize();
			if (end.searchParams.has("error")) continue;
			expect(await scopeOf(google, { email, email_verified })).toBe(WITHOUT);
		}
		const emails = [{ email, primary: true, verified: false }];
		expect(await scopeOf(github, { emails })).toBe(WITHOUT);
		expect(await scopeOf(caseOf("cloudflare"), { email })).toBe(WITHOUT);
	});

	it("does not take a login that looks like somebody's address", async () => {
		const oidc = caseOf("oidc");
		expect(await scopeOf(oidc, { email: "listed@example.com", email_verified: true })).toBe(WITH_IMAGES);
		const claims = { preferred_username: "listed@example.com", email: "mallory@example.com", email_verified: false };
		expect(await scopeOf(oidc, claims)).toBe(WITHOUT);
	});

	it("does not take a login that people choose for themselves", async () => {
		expect(await scopeOf(caseOf("oidc"), { preferred_username: "listed" })).toBe(WITHOUT);
	});

	it("does not take a person's name", async () => {
		expect(await scopeOf(google, { name: "listed" })).toBe(WITHOUT);
	});
});
