/** The protocol without sessions, 2026-07-28. */
import { canCall, discovered, isSessionVersion, NO_CALLS } from "../access.ts";
import { strings } from "../authorization.ts";
import { type Check, type Finding, fault, ok, skipped, warning } from "../check.ts";
import { bearer, brief, initialize, messageIn, post, postStateless, resultOf, STATELESS_VERSION } from "../messages.ts";
import type { Target } from "../target.ts";

import { lists } from "./capabilities.ts";

const DISCOVER = "MCP 2026-07-28, server/discover";
const NO_STATELESS = "The server does not speak 2026-07-28; clients open a session instead.";

/** A check of the era without sessions. */
function stateless(
	id: string,
	title: string,
	look: (target: Target, said: Readonly<Record<string, unknown>>) => AsyncIterable<Finding>,
): Check {
	return {
		id,
		title,
		async *run(target) {
			const said = (await canCall(target)) ? await target.learn(discovered) : undefined;
			if (said) yield* look(target, said);
			else yield skipped((await canCall(target)) ? NO_STATELESS : NO_CALLS);
		},
	};
}

export const discover = stateless(
	"discover",
	"The versions that discover names are spoken",
	async function* (target, said) {
		const versions = strings(said.supportedVersions);
		if (!versions.includes(STATELESS_VERSION)) {
			yield fault(
				`server/discover for ${STATELESS_VERSION} names the versions ${JSON.stringify(said.supportedVersions)}.`,
				`Name ${STATELESS_VERSION} in supportedVersions, or answer with the error -32601.`,
				DISCOVER,
			);
			return;
		}
		for (const version of versions.filter(isSessionVersion)) {
			const answer = await post(target, initialize(version), bearer(target.token));
			if (resultOf(answer)?.protocolVersion === version) continue;
			yield fault(
				`server/discover names ${version}, but initialize for it answered ${brief(answer)}.`,
				"Name only versions that the server speaks.",
				DISCOVER,
			);
			return;
		}
		yield ok(`server/discover names ${versions.join(", ")}.`);
	},
);

export const discoverTruth = stateless(
	"discover-capabilities",
	"The capabilities that discover names are there",
	(target, said) => lists(Object(said.capabilities), DISCOVER, (method) => postStateless(target, method)),
);

export const versionSkew = stateless(
	"version-skew",
	"A request of an unknown version is told which ones there are",
	async function* (target) {
		const answer = await postStateless(target, "tools/list", "2099-01-01");
		if (messageIn(answer.text)?.error?.code === -32022)
			yield ok("A request of version 2099-01-01 is answered with the error -32022.");
		else
			yield warning(
				`${answer.request} of version 2099-01-01 answered ${brief(answer)}.`,
				"Answer 400 with the error -32022 and the supported versions.",
				"MCP 2026-07-28, Versioning",
			);
	},
);
