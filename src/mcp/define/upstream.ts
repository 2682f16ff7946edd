/** Access for tools to the API of the user's identity provider, and to other APIs that accept its tokens. */

/** An API that accepts the user's token. */
export type UpstreamApi = {
	/**
	 * Sends a request with the user's token. The token is sent only to this API.
	 *
	 * @param path a path below the API's base address, such as `/user`, or a whole address on its origin
	 * @throws UserError if the API does not answer, or the address is not on its origin
	 */
	fetch(path: string, init?: RequestInit): Promise<Response>;
};

/**
 * The provider and its own API. If that API refuses the user's newest token, the grant here ends too, with a UserError.
 * The APIs that `identityProviders` in `src/server.ts` names are members too. Tools have to handle their errors.
 */
export type Upstream<Apis extends string = never> = UpstreamApi & {
	/** The provider's name and title, such as `github` and `GitHub`. */
	readonly name: string;
	readonly title: string;
	/** The path at which the provider's API returns the user; undefined if there is none. */
	readonly userPath: string | undefined;
} & { readonly [Name in Apis]: UpstreamApi };
