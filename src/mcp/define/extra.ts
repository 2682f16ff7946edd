/** An extra: another MCP server at its own path. One line of `src/server.ts` adds or removes it. */

import type { Permissions } from "../../auth/permissions.ts";
import type { Scopes } from "../../auth/scopes.ts";
import type { Answerer } from "../answerer.ts";

export type Extra = {
	/** The prefix of its paths: it is served at `<prefix>/mcp` and `<prefix>/sse`. */
	readonly prefix: `/${string}`;
	readonly permissions: Permissions;
	/** Its own scopes. No other endpoint has them, and it has no others. */
	readonly scopes: Scopes;
	readonly answerer: Answerer;
	/** Whether it keeps data for the user. It is left out if the server's sign-in has no lasting users. */
	readonly needsUser: boolean;
	/** Its entry on the home page and in the greeting; undefined if the settings do not turn it on. */
	offer(env: Env): Offer | undefined;
	/** A sentence that explains how to turn it on, for requests while it is off. */
	readonly absence: string;
	/** A sentence for each of its settings that is wrong. The server refuses all requests until there are none. */
	problems(env: Env): readonly string[];
	/** Ends the open streams and calls of a grant. */
	endGrant(env: Env, userId: string, grantId: string): Promise<void>;
};

export type Offer = {
	readonly title: string;
	/** The part of the command that may be shown. */
	readonly command: string | undefined;
};
