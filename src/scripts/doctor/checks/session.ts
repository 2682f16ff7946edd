/** The protocol with sessions, 2025-11-25 and before. */
import { canCall, discovered, isSessionVersion, NO_CALLS, session } from "../access.ts";
import { type Check, type Finding, fault, ok, skipped, warning } from "../check.ts";
import { bearer, brief, initialize, post, request, resultOf, SESSION_VERSIONS } from "../messages.ts";
import type { Target } from "../target.ts";

import { lists } from "./capabilities.ts";

const LIFECYCLE = "MCP 2025-11-25, Lifecycle, Version Negotiation";
const TRANSPORT = "MCP 2025-11-25, Transports, Streamable HTTP";
const UNKNOWN_VERSION = "1999-01-01";
const NO_SESSIONS = "The server opens no session: it speaks 2026-07-28 only.";

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
