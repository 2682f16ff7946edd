import { describe, expect, it } from "vitest";
import { type User, userId } from "../../src/auth/grant.ts";
import { permissionsOf } from "../../src/auth/permissions.ts";
import { DORA } from "../support/people.ts";

const may = (user: Partial<User>, list: string[]) =>
	permissionsOf({ ...DORA, ...user }, { image_generation: list, stdio: [] }).includes("image_generation");

describe("the allow list", () => {
	it("matches logins, and addresses that the provider verified, in any case", () => {
		expect(may({}, ["dora"])).toBe(true);
		expect(may({ login: "DORA" }, ["dora"])).toBe(true);
		expect(may({ email: "Dora@example.com", emailVerified: true }, ["dora@example.com"])).toBe(true);
		expect(may({}, ["someone"])).toBe(false);
	});

	it("matches no address that nobody verified, and no login that somebody else could take", () => {
		expect(may({ email: "dora@example.com" }, ["dora@example.com"])).toBe(false);
		expect(may({ isLoginUnique: false }, ["dora"])).toBe(false);
	});

	it("adds to what the provider permits", () => {
		expect(may({ permissions: ["image_generation"] }, [])).toBe(true);
	});
});

describe("a user id", () => {
	it("is the provider's name and subject", () => {
		expect(userId("github", "583231")).toBe("github-583231");
		expect(userId("auth0", "auth0|5f7c8ec7c33c6c004bbafe82")).toBe("auth0-auth0|5f7c8ec7c33c6c004bbafe82");
	});

	it("keeps apart what tokens and storage keys cannot hold", () => {
		expect(userId("oidc", "urn:person:1")).toBe("oidc-urn%3Aperson%3A1");
		expect(userId("oidc", "a b,c")).toBe("oidc-a%20b%2Cc");
		expect(userId("oidc", "%3A")).not.toBe(userId("oidc", ":"));
		expect(userId("oidc", "zoë")).toMatch(/^[!-~]+$/);
	});
});
