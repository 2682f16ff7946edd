import type { User } from "../../src/auth/grant.ts";

/** Somebody of no real provider, without permissions. */
export const DORA: User = {
	id: "test-1",
	provider: "test",
	login: "dora",
	isLoginUnique: true,
	name: "Dora",
	emailVerified: false,
	permissions: [],
};
