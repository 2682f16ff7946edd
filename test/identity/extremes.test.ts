/** What a provider says may be odd; its user gets in, and stays in. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { propsSchema } from "../../src/auth/grant.ts";
import { keptIdentity, keptLifetime, keptTokens } from "../../src/identity/kept.ts";
import { UpstreamError } from "../../src/identity/provider.ts";
import { caseOf, PROVIDERS } from "../support/identity/cases.ts";
import { Scene } from "../support/identity/server.ts";

afterEach(() => vi.restoreAllMocks());

const ADA = {
	subject: "1",
	login: "ada",
	isLoginUnique: true,
	name: "Ada",
	email: "ada@example.com",
	emailVerified: true,
	permissions: [],
};

// The certified server behind the others takes no such lifetime.
describe.each(PROVIDERS.filter(({ isOpenId }) => !isOpenId))("a user of $title", (provider) => {
	it.each([3599.5, 1e18, 0])(
		"whose token lives for %d seconds gets in, and their app can refresh",
		async (expiresIn) => {
			const scene = await Scene.open(provider, { expiresIn });
			const tokens = await scene.signIn();
			const { upstream } = (await scene.propsOf(tokens.access_token)) ?? {};
			expect(Number.isSafeInteger(upstream?.expiresAt)).toBe(true);
			const refreshed = await scene.refresh(tokens);
			expect(refreshed.status).toBe(200);
		},
	);
});

it("a name of 200,000 characters is cut", async () => {
	for (const provider of ["github", "oidc"]) {
		const scene = await Scene.open(caseOf(provider), { claims: { name: "x".repeat(200_000) } });
		const props = await scene.propsOf((await scene.signIn()).access_token);
		expect(props?.user.name).toBe(`${"x".repeat(199)}…`);
	}
});

describe("of an identity", () => {
	it("nothing is changed that is usual", () => {
		expect(keptIdentity("oidc", ADA)).toEqual(ADA);
	});

	it("a login that was cut proves nothing: it may be the beginning of another's", () => {
		const { login, isLoginUnique } = keptIdentity("github", { ...ADA, login: "a".repeat(201) });
		expect(login).toHaveLength(200);
		expect(isLoginUnique).toBe(false);
	});

	it("an address that can be none is left out, and is not verified", () => {
		const kept = keptIdentity("oidc", { ...ADA, email: `${"a".repeat(250)}@example.com` });
		expect(kept).toMatchObject({ email: undefined, emailVerified: false });
	});

	it("a surrogate is not cut in half", () => {
		expect(keptIdentity("oidc", { ...ADA, name: "😀".repeat(150) }).name.isWellFormed()).toBe(true);
	});

	it("a subject that makes no key is refused as what it is", () => {
		expect(() => keptIdentity("oidc", { ...ADA, subject: "x".repeat(301) })).toThrow(UpstreamError);
		expect(keptIdentity("oidc", { ...ADA, subject: "x".repeat(255) }).subject).toHaveLength(255);
	});
});

it.each([
	[3600, 3600],
	["3600", 3600],
	[3599.5, 3599],
	[0, 0],
	[-5, 0],
	[1e18, 315_360_000],
	[Number.POSITIVE_INFINITY, 315_360_000],
	["soon", undefined],
	["", undefined],
	[null, undefined],
	[{}, undefined],
])("a lifetime of %j is %j seconds", (given, kept) => {
	expect(keptLifetime(given)).toBe(kept);
});

it("tokens of megabytes are not kept, with a line in the log, and what is kept can be read again", () => {
	const warn = vi.spyOn(console, "warn").mockReturnValue(undefined);
	const long = "x".repeat(2_000_000);
	const kept = keptTokens("oidc", { accessToken: long, refreshToken: "usual", expiresAt: 1 });
	expect(kept).toEqual({ accessToken: undefined, refreshToken: "usual", expiresAt: 1 });
	expect(keptTokens("oidc", { accessToken: "usual", refreshToken: long })).toMatchObject({ refreshToken: undefined });
	expect(warn).toHaveBeenCalledTimes(2);
	expect(String(warn.mock.calls[0])).not.toContain("xxx");
	const user = { ...ADA, id: "oidc-1", provider: "oidc" };
	expect(propsSchema.safeParse({ user, upstream: kept }).success).toBe(true);
});
