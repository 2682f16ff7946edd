/** What an identity provider says about a person. */
import type { Permission } from "../scopes.ts";

export type Identity = {
	/** Stable and unique within the provider; becomes part of the user id. */
	readonly subject: string;
	readonly login: string;
	readonly name: string;
	readonly email?: string;
	readonly emailVerified: boolean;
	readonly permissions: readonly Permission[];
};
