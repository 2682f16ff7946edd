/** How the settings of the sign-in policy are read, and what they let in. */
import { describe, expect, it } from "vitest";
import { LOCAL_PROVIDER, type User } from "../../src/auth/grant.ts";
import {
	domainOf,
	maySignIn,
	normalDomain,
	openTo,
	readSignInPolicy,
	withoutDomains,
} from "../../src/auth/sign-in-policy.ts";

const USER: User = {
	id: "github-1",
	provider: "github",
	login: "Ada",
	isLoginUnique: true,
	name: "Ada",
	email: "Ada@Example.com",
	emailVerified: true,
	permissions: [],
	membership: {
		domain: "example.com",
		organizations: ["acme"],
		claim: { name: "groups", values: ["ops"] },
		statedAt: 0,
	},
};
const isLetIn = (settings: Record<string, unknown>, user: Partial<User> = {}) =>
	maySignIn({ ...USER, ...user }, readSignInPolicy(settings));

describe("the settings that limit who may sign in", () => {
	it("limit nothing if none is set", () => {
		expect(isLetIn({})).toBe(true);
		expect(isLetIn({ ALLOWED_USERS: " ", ALLOWED_DOMAINS: "", ALLOWED_CLAIM: "" })).toBe(true);
	});

	it.each([
		{ ALLOWED_USERS: "bob, ADA" },
		{ ALLOWED_USERS: "ada@example.COM" },
		{ ALLOWED_USERS: "id:github-1" },
		{ ALLOWED_USERS: "*" },
		{ ALLOWED_DOMAINS: "other.example, EXAMPLE.com" },
		{ GITHUB_ALLOWED_ORGANIZATIONS: "ACME" },
		{ ALLOWED_CLAIM: "groups = dev , ops" },
		{ ALLOWED_USERS: "bob", ALLOWED_DOMAINS: "example.com" },
	])("let in a user whom they name: %o", (settings) => {
		expect(isLetIn(settings)).toBe(true);
	});

	it.each([
		{ ALLOWED_USERS: "bob" },
		{ ALLOWED_USERS: "id:GitHub-1" },
		{ ALLOWED_USERS: "github-1" },
		{ ALLOWED_DOMAINS: "ample.com" },
		{ ALLOWED_DOMAINS: "sub.example.com" },
		{ ALLOWED_DOMAINS: "com" },
		{ GITHUB_ALLOWED_ORGANIZATIONS: "acme-labs" },
		{ ALLOWED_CLAIM: "groups=OPS" },
		{ ALLOWED_CLAIM: "roles=ops" },
		{ HOSTED_DOMAIN: "example.com" },
	])("let in no other user: %o", (settings) => {
		expect(isLetIn(settings)).toBe(false);
	});

	it.each([
		{ ALLOWED_USERS: "a b; c" },
		{ ALLOWED_USERS: "," },
		{ ALLOWED_DOMAINS: "*.example.com" },
		{ ALLOWED_DOMAINS: "@example.com" },
		{ ALLOWED_DOMAINS: "https://example.com" },
		{ ALLOWED_DOMAINS: "example.com." },
		{ ALLOWED_DOMAINS: "example.com/path, example.com:443" },
		{ GITHUB_ALLOWED_ORGANIZATIONS: "https://github.com/acme" },
	])("let in no user if no entry is valid, and say so without the entry: %o", (settings) => {
		const policy = readSignInPolicy(settings);
		expect(maySignIn(USER, policy)).toBe(false);
		expect(policy.problems).toEqual([]);
		expect(policy.warnings.at(-1)).toMatch(/^\w+ has no valid entry, so it lets no user in\.$/);
		expect(policy.warnings.join()).not.toContain("example.com/");
	});

	it("ignore a wrong entry among others, and say which", () => {
		const { domains, warnings } = readSignInPolicy({ ALLOWED_DOMAINS: "example.com, *.example.org" });
		expect(domains).toEqual(["example.com"]);
		expect(warnings).toEqual([expect.stringContaining("ALLOWED_DOMAINS: entry 2 is ignored")]);
	});

	it.each([
		{ ALLOWED_CLAIM: "groups" },
		{ ALLOWED_CLAIM: "groups=" },
		{ ALLOWED_CLAIM: "=ops" },
		{ ALLOWED_USERS: ["ada"] },
		{ HOSTED_DOMAIN: "https://example.com/" },
	])("stop the server if they cannot be read: %o", (settings) => {
		const policy = readSignInPolicy(settings);
		expect(policy.problems).toHaveLength(1);
		expect(maySignIn(USER, policy)).toBe(false);
	});

	it("take a claim whose name is an address, and values with an equals sign", () => {
		const { claim } = readSignInPolicy({ ALLOWED_CLAIM: "https://example.com/roles=ops, cn=dev" });
		expect(claim).toEqual({ name: "https://example.com/roles", values: ["ops", "cn=dev"] });
	});

	it("do not limit the built-in sign-in, which proves nothing", () => {
		expect(isLetIn({ ALLOWED_USERS: "bob" }, { provider: LOCAL_PROVIDER })).toBe(true);
		expect(isLetIn({ ALLOWED_USERS: "bob" })).toBe(false);
	});

	it("match no domain, organisation or claim of a grant of an older version", () => {
		const settings = {
			ALLOWED_DOMAINS: "example.com",
			GITHUB_ALLOWED_ORGANIZATIONS: "acme",
			ALLOWED_CLAIM: "groups=ops",
		};
		expect(isLetIn(settings)).toBe(true);
		expect(isLetIn(settings, { membership: undefined })).toBe(false);
	});

	it("name logins only where they are unique, and addresses only where they are verified", () => {
		expect(isLetIn({ ALLOWED_USERS: "ada" }, { isLoginUnique: false })).toBe(false);
		expect(isLetIn({ ALLOWED_USERS: "ada@example.com" }, { emailVerified: false })).toBe(false);
	});

	it("have a hosted domain, which is about Google alone", () => {
		const settings = { HOSTED_DOMAIN: "Example.com" };
		expect(isLetIn(settings, { provider: "google" })).toBe(true);
		expect(isLetIn(settings, { provider: "slack" })).toBe(false);
	});
});

describe("a domain", () => {
	it("has one form, whatever its case and alphabet", () => {
		expect(normalDomain("BÜCHER.example")).toBe("xn--bcher-kva.example");
		expect(normalDomain("xn--bcher-kva.EXAMPLE")).toBe("xn--bcher-kva.example");
		// A Cyrillic а.
		expect(normalDomain("ex\u0430mple.com")).not.toBe("example.com");
	});

	it.each([
		"",
		"com",
		"example.com.",
		".example.com",
		"example..com",
		"example.com/x",
		"a@example.com",
		"example.com:1",
	])("is not %j", (text) => {
		expect(normalDomain(text)).toBeUndefined();
	});

	it.each([
		["user@example.com", "example.com"],
		["user@EXAMPLE.com", "example.com"],
		["user@example.com@evil.org", undefined],
		["user@evil.org@example.com", undefined],
		['"user@evil.org"@example.com', undefined],
		["user@example.com/evil.org", undefined],
		["user@example.com#@evil.org", undefined],
		["user@example.com\\.evil.org", undefined],
		["user@ex%61mple.com", undefined],
		["user@example.com.", undefined],
		["@example.com", undefined],
		["example.com", undefined],
	])("of the address %j is %j", (email, domain) => {
		expect(domainOf(email)).toBe(domain);
	});
});

describe("what is said of a server", () => {
	const identityProviders = [
		{ title: "GitHub", everyone: "Anyone with an account at GitHub", verifiesEmail: true },
		{ title: "Cloudflare", everyone: "Anyone with an account at Cloudflare", verifiesEmail: false },
	];
	const with_ = (settings: Record<string, string>) => ({ policy: readSignInPolicy(settings), identityProviders });

	it("is that anyone can sign in, as long as no setting limits that", () => {
		const anyone = [
			"Anyone with an account at GitHub can sign in.",
			"Anyone with an account at Cloudflare can sign in.",
		];
		expect(openTo(with_({}))).toEqual(anyone);
		expect(openTo(with_({ ALLOWED_USERS: "*" }))).toEqual(anyone);
		expect(openTo(with_({ ALLOWED_USERS: "ada" }))).toEqual([]);
	});

	it("is that a domain lets no user in of a provider that does not verify addresses", () => {
		expect(withoutDomains(with_({ ALLOWED_DOMAINS: "example.com" }))).toEqual([
			expect.stringMatching(/^ALLOWED_DOMAINS is set, but Cloudflare does not say /),
		]);
		expect(withoutDomains(with_({ ALLOWED_USERS: "ada" }))).toEqual([]);
	});
});
