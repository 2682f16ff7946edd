/** What comes off a server with one line of `src/server.ts`: an MCP server of its own, at a path of its own. */

import type { Permissions } from "../../auth/permissions.ts";
import type { Scopes } from "../../auth/scopes.ts";
import type { Answerer } from "../answerer.ts";

export type Extra = {
	/** What the paths of its endpoints begin with: it is served at `<prefix>/mcp` and `<prefix>/sse`. */
	readonly prefix: `/${string}`;
	readonly permissions: Permissions;
	/** Its own: no other endpoint has them, and it has no others. */
	readonly scopes: Scopes;
	readonly answerer: Answerer;
	/** Whether it keeps something for the user: it is left out where users do not come back. */
	readonly needsUser: boolean;
	/** How it is called on the home page and in the greeting; undefined where the settings do not turn it on. */
	offer(env: Env): Offer | undefined;
	/** Says, where the settings do not turn it on, how they do. */
	readonly absence: string;
	/** A sentence for each of its settings that is wrong. Nobody can sign in until there are none. */
	problems(env: Env): readonly string[];
	/** Ends what is open under a grant. */
	endGrant(env: Env, userId: string, grantId: string): Promise<void>;
};

export type Offer = {
	readonly title: string;
	/** What people may see of the command that runs. */
	readonly command: string | undefined;
};
