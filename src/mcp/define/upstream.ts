/** What a tool may do at the user's identity provider, and at the APIs that take its tokens, in the user's name. */

/** An API that takes the user's token. */
export type UpstreamApi = {
	/**
	 * A request with the user's token, which goes nowhere else.
	 *
	 * @param path a path below the API's base address, such as `/user`, or a whole address on its origin
	 * @throws UserError if the API does not answer, or the address is not on its origin
	 */
	fetch(path: string, init?: RequestInit): Promise<Response>;
};

/**
 * The provider, and its own API: when that refuses the user's token, access has ended, and so does the grant here, with
 * a UserError. By name beside it, the APIs that `identityProviders` in `src/server.ts` names; what they answer is the
 * tool's to read.
 */
export type Upstream<Apis extends string = never> = UpstreamApi & {
	/** The provider's name and title, such as `github` and `GitHub`. */
	readonly name: string;
	readonly title: string;
	/** Where the provider's API says who the user is; undefined if it has no such place. */
	readonly userPath: string | undefined;
} & { readonly [Name in Apis]: UpstreamApi };
