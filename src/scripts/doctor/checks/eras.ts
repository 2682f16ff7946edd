/** Both eras of the protocol: with a session, and without one. */
import { canCall, discovered, NO_CALLS, session } from "../access.ts";
import { type Check, fault, ok, skipped } from "../check.ts";
import { bearer, brief, initialize, post, STATELESS_VERSION } from "../messages.ts";

import { handshake, negotiation, sessionEnd, sessionLists, versionHeader } from "./session.ts";
import { discover, discoverTruth, versionSkew } from "./stateless.ts";

const LIFECYCLE = "MCP 2025-11-25, Lifecycle, Version Negotiation";

/** At least one of the eras. */
export const speaks: Check = {
	id: "protocol",
	title: "The server speaks at least one era of the protocol",
	async *run(target) {
		if (!(await canCall(target))) {
			yield skipped(NO_CALLS);
			return;
		}
		const eras = [
			...((await target.learn(session)) ? ["with sessions (2025-11-25 and before)"] : []),
			...((await target.learn(discovered)) ? [`without (${STATELESS_VERSION})`] : []),
		];
		if (eras.length > 0) yield ok(`The server speaks MCP ${eras.join(", and ")}.`);
		else {
			const answer = await post(target, initialize(), bearer(target.token));
			yield fault(
				`${answer.request} with initialize answered ${brief(answer)}, and server/discover nothing either.`,
				target.token === undefined ? "Look at the server's log." : "Check the token, or sign in again with --sign-in.",
				LIFECYCLE,
			);
		}
	},
};

export const ERAS = [
	speaks,
	handshake,
	negotiation,
	sessionLists,
	versionHeader,
	sessionEnd,
	discover,
	discoverTruth,
	versionSkew,
];
