/** Both eras of the protocol: with a session, and without one. */
import { canCall, discovered, isSessionVersion, NO_CALLS, session } from "../access.ts";
import { strings } from "../authorization.ts";
import { type Check, type Finding, fault, ok, skipped, warning } from "../check.ts";
import {
	bearer,
	brief,
	initialize,
	messageIn,
	post,
	postStateless,
	request,
	resultOf,
	SESSION_VERSIONS,
	STATELESS_VERSION,
} from "../messages.ts";
import type { Answer, Target } from "../target.ts";

const LIFECYCLE = "MCP 2025-11-25, Lifecycle, Version Negotiation";
const TRANSPORT = "MCP 2025-11-25, Transports, Streamable HTTP";
const DISCOVER = "MCP 2026-07-28, server/discover";
const UNKNOWN_VERSION = "1999-01-01";
const LISTS: Readonly<Record<string, string>> = {
	tools: "tools/list",
	resources: "resources/list",
	prompts: "prompts/list",
};
const NO_SESSIONS = "The server opens no session: it speaks 2026-07-28 only.";
const NO_STATELESS = "The server does not speak 2026-07-28; clients open a session instead.";

/** Checks the lists that a server says it has. */
async function* lists(
	capabilities: object,
	source: string,
	ask: (method: string) => Promise<Answer>,
): AsyncIterable<Finding> {
	const wrong: string[] = [];
	const right: string[] = [];
	for (const [name, method] of Object.entries(LISTS)) {
		if (!(name in capabilities)) continue;
		const answer = await ask(method);
		if (Array.isArray(resultOf(answer)?.[name])) right.push(method);
		else wrong.push(`${method} answered ${brief(answer)}`);
	}
	if (wrong.length > 0)
		yield fault(
			`The server says that it has ${Object.keys(capabilities).join(", ")}, but ${wrong.join("; ")}.`,
			"Answer the lists of the capabilities that are named, or do not name them.",
			source,
		);
	else
		yield ok(right.length > 0 ? `${right.join(", ")} answered.` : "The server names no tools, resources or prompts.");
}

/** A check of a session. */
function inSession(id: string, title: string, look: (target: Target) => AsyncIterable<Finding>): Check {
	return {
		id,
		title,
		async *run(target) {
			if (!(await canCall(target))) yield skipped(NO_CALLS);
			else if (!(await target.learn(session)) && (await target.learn(discovered))) yield skipped(NO_SESSIONS);
			else yield* look(target);
		},
	};
}

export const handshake = inSession("initialize", "A session opens, in every revision", async function* (target) {
	const answered: string[] = [];
	for (const version of SESSION_VERSIONS) {
		const answer = await post(target, initialize(version), bearer(target.token));
		const agreed = resultOf(answer)?.protocolVersion;
		if (!isSessionVersion(agreed)) {
			yield fault(
				`${answer.request} with initialize for ${version} answered ${agreed === undefined ? brief(answer) : `the version ${agreed}`}.`,
				"Answer with the version that was asked, or with another one that the server speaks.",
				LIFECYCLE,
			);
			return;
		}
		answered.push(agreed === version ? version : `${agreed} for ${version}`);
	}
	yield ok(`initialize answered ${answered.join(", ")}.`);
});

export const negotiation = inSession(
	"negotiation",
	"A client of another version is offered one",
	async function* (target) {
		for (const version of [UNKNOWN_VERSION, "2099-01-01"]) {
			const answer = await post(target, initialize(version), bearer(target.token));
			const agreed = resultOf(answer)?.protocolVersion;
			if (isSessionVersion(agreed)) continue;
			yield fault(
				`${answer.request} with initialize for the unknown version ${version} answered ${agreed === undefined ? brief(answer) : `the version ${agreed}`}.`,
				"Answer with the newest version that the server speaks.",
				LIFECYCLE,
			);
			return;
		}
		yield ok("Unknown versions are answered with one that the server speaks.");
	},
);

export const sessionLists = inSession("session", "What initialize says is true", async function* (target) {
	const open = await target.learn(session);
	if (!open) {
		yield skipped("No session opened.");
		return;
	}
	const note = await target.ask("POST", target.url, {
		headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream", ...open.headers },
		body: JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }),
	});
	if (note.status !== 202 && note.status !== 204 && note.status !== 200) {
		yield fault(
			`${note.request} with notifications/initialized answered ${brief(note)}.`,
			"Answer notifications with 202.",
			`${TRANSPORT}, Sending Messages`,
		);
		return;
	}
	yield* lists(open.capabilities, LIFECYCLE, (method) => post(target, request(method), open.headers));
});

export const versionHeader = inSession(
	"version-header",
	"An unknown MCP-Protocol-Version is refused",
	async function* (target) {
		const open = await target.learn(session);
		if (!open) {
			yield skipped("No session opened.");
			return;
		}
		const headers = { ...open.headers, "MCP-Protocol-Version": UNKNOWN_VERSION };
		const answer = await post(target, request("ping"), headers);
		if (answer.status === 400) yield ok(`MCP-Protocol-Version: ${UNKNOWN_VERSION} is answered with 400.`);
		else
			yield warning(
				`${answer.request} with MCP-Protocol-Version: ${UNKNOWN_VERSION} answered ${brief(answer)}.`,
				"Answer 400.",
				`${TRANSPORT}, Protocol Version Header`,
			);
	},
);

export const sessionEnd = inSession("session-end", "A session that has ended is gone", async function* (target) {
	const open = await target.learn(session);
	if (!open?.headers["Mcp-Session-Id"]) {
		yield skipped("The server gives sessions no id.");
		return;
	}
	const ended = await target.ask("DELETE", target.url, { headers: open.headers });
	if (ended.status === 405) {
		yield ok("DELETE is answered with 405: clients cannot end a session.");
		return;
	}
	if (ended.status >= 300) {
		yield warning(
			`${ended.request} with a session answered ${brief(ended)}.`,
			"Answer 200 or 204, or 405 if clients cannot end a session.",
			`${TRANSPORT}, Session Management`,
		);
		return;
	}
	const answer = await post(target, request("ping"), open.headers);
	if (answer.status === 404) yield ok("An ended session is answered with 404.");
	else
		yield warning(
			`${answer.request} in a session that was ended answered ${brief(answer)}.`,
			"Answer 404, upon which clients open a new session.",
			`${TRANSPORT}, Session Management`,
		);
});

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
