/** The 401 that tells a client where to sign in. */
import { opening, place } from "../access.ts";
import { challengedUrl, hasSignIn, resourceDocuments } from "../authorization.ts";
import { type Check, fault, ok, skipped, warning } from "../check.ts";
import { initialize, post } from "../messages.ts";
import type { Target } from "../target.ts";

export const isClosed = async (target: Target) => (await target.learn(place)).access === "closed";

export const challenge: Check = {
	id: "challenge",
	title: "A client without a token is told where to sign in",
	async *run(target) {
		if (!(await isClosed(target))) {
			yield skipped("The server does not ask for a token.");
			return;
		}
		const { request, headers } = await target.learn(opening);
		const value = headers.get("WWW-Authenticate");
		if (value === null || !/\bbearer\b/i.test(value)) {
			yield fault(
				`${request} answered 401 ${value === null ? "without WWW-Authenticate" : "with a challenge that is not Bearer"}.`,
				'Send WWW-Authenticate: Bearer resource_metadata="…".',
				"RFC 6750 §3; MCP 2025-11-25, Authorization",
			);
			return;
		}
		if (!(await hasSignIn(target))) {
			yield warning(
				`${request} answered 401, and nothing says where to sign in: clients need a token from elsewhere.`,
				"If the server takes API keys, give clients the header. Otherwise publish protected resource metadata.",
				"RFC 9728; MCP 2025-11-25, Authorization Server Discovery",
			);
			return;
		}
		const url = await challengedUrl(target);
		const { challenged, own, root } = await target.learn(resourceDocuments);
		if (challenged && !challenged.body) {
			yield fault(
				`The challenge of ${request} names ${url}, which answered ${challenged.answer.status} and no JSON object.`,
				"Serve the protected resource metadata there.",
				"RFC 9728 §5.1",
			);
		} else if (url === undefined) {
			const where = own.body ? own.url : root.body ? root.url : undefined;
			const finding = where ? warning : fault;
			yield finding(
				`The challenge of ${request} has no resource_metadata${where ? `: some clients do not look at ${where} themselves` : ""}.`,
				'Add resource_metadata="…" to WWW-Authenticate.',
				"RFC 9728 §5.1; MCP 2025-11-25, Protected Resource Metadata Discovery",
			);
		} else yield ok(`${request} answered 401 and names ${url}.`);
	},
};

/** No server can know it. */
const ODD = `doctor-${crypto.randomUUID()}`;

export const randomBearer: Check = {
	id: "random-bearer",
	title: "A made-up token is refused",
	async *run(target) {
		if (!(await isClosed(target))) {
			yield skipped("The server is open to anyone.");
			return;
		}
		for (const scheme of ["Bearer", "bearer"]) {
			const answer = await post(target, initialize(), { Authorization: `${scheme} ${ODD}` });
			if (answer.status < 400) {
				yield fault(
					`${answer.request} with a made-up token answered ${answer.status}: the server lets anyone in who sends any token.`,
					"Check each token: its signature or its record, its expiry, and its audience. Until then, take the server off the internet.",
					"OAuth 2.1 §5.2; MCP 2025-11-25, Token Handling",
				);
				return;
			}
			if (answer.status !== 401) {
				yield fault(
					`${answer.request} with a made-up token answered ${answer.status} instead of 401: clients do not refresh, and do not ask the user again.`,
					'Answer 401 with WWW-Authenticate: Bearer error="invalid_token".',
					"RFC 6750 §3.1; MCP 2025-11-25, Token Handling",
				);
				return;
			}
			if (!/error="?invalid_token/.test(answer.headers.get("WWW-Authenticate") ?? "")) {
				yield warning(
					`${answer.request} with a made-up token answered 401 without error="invalid_token".`,
					'Add error="invalid_token" to WWW-Authenticate.',
					"RFC 6750 §3.1",
				);
				return;
			}
		}
		yield ok("A made-up token is answered with 401 and invalid_token.");
	},
};

export const queryToken: Check = {
	id: "query-token",
	title: "No token works in the query",
	async *run(target) {
		if (!(await isClosed(target))) {
			yield skipped("The server is open to anyone.");
			return;
		}
		const url = new URL(target.url);
		url.searchParams.set("access_token", ODD);
		const answer = await post(target, initialize(), {}, url);
		if (answer.status < 400) {
			yield fault(
				`POST with a made-up access_token in the query answered ${answer.status}: anyone is let in.`,
				"Do not read tokens from the query.",
				"OAuth 2.1 §5.1; MCP 2025-11-25, Access Token Usage",
			);
		} else yield ok(`A made-up access_token in the query is answered with ${answer.status}.`);
	},
};
