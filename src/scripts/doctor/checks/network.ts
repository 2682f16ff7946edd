/** The way to the server: address, TLS, redirects, time. */
import { canCall, isMcp, opening, openStream, place } from "../access.ts";
import { type Check, fault, ok, skipped, warning } from "../check.ts";
import { brief, initialize, post } from "../messages.ts";
import type { Answer, Target } from "../target.ts";

const TRANSPORT = "MCP 2025-11-25, Transports, Streamable HTTP";
const SLOW_MILLISECONDS = 5_000;
const SKEW_SECONDS = 60;
const MAX_REDIRECTS = 10;

const isRedirect = ({ status, headers }: Answer) => status >= 300 && status < 400 && headers.has("Location");

/** @returns the addresses of this host that answer as an MCP server does */
async function findEndpoints(target: Target): Promise<string[]> {
	const own = target.url.pathname.replace(/\/$/, "");
	const paths = new Set(["/mcp", "/sse", `${own}/mcp`, `${own}/sse`, "/api/mcp", "/"]);
	paths.delete(target.url.pathname);
	const found: string[] = [];
	for (const path of paths) {
		const url = new URL(path, target.url);
		const answer = await post(target, initialize(), {}, url).catch(() => undefined);
		if (answer && isMcp(answer)) found.push(url.href);
		else if (path.endsWith("/sse")) {
			const stream = await openStream(target, url, undefined).catch(() => undefined);
			if (stream && /^event: ?endpoint/m.test(stream.text)) found.push(url.href);
		}
	}
	return found;
}

export const address: Check = {
	id: "address",
	title: "The address is that of an MCP endpoint",
	async *run(target) {
		const answer = await target.learn(opening);
		const { access, transport } = await target.learn(place);
		if (access !== "none") {
			yield ok(`${answer.request} is an endpoint of ${transport === "http" ? "Streamable HTTP" : "HTTP+SSE"}.`);
			return;
		}
		// These have a check of their own.
		if (isRedirect(answer)) return;
		if ([403, 429, 503].includes(answer.status)) {
			yield fault(
				`${answer.request} answered ${brief(answer)}: clients are turned away before they can sign in.`,
				"Exempt the endpoint from bot protection and rate limits. Without a token, answer 401 with a challenge.",
				TRANSPORT,
			);
			return;
		}
		const found = await findEndpoints(target);
		yield fault(
			`${answer.request} with initialize answered ${brief(answer)}, which is no answer of an MCP server.`,
			found.length > 0
				? `Use this address instead: ${found.join(" or ")}`
				: "Look up the endpoint in the server's documentation; it often ends in /mcp.",
			TRANSPORT,
		);
	},
};

export const tls: Check = {
	id: "tls",
	title: "The connection is encrypted",
	async *run(target) {
		const { url, isLocal } = target;
		if (url.protocol === "https:") yield ok(`${url.origin} has a valid certificate.`);
		else if (isLocal) yield skipped("A server on this computer needs no TLS.");
		else {
			yield fault(
				`${url.origin} is not encrypted: tokens can be read on the way, and hosted clients refuse the address.`,
				"Serve the endpoint over https.",
				"MCP 2025-11-25, Authorization, Communication Security; Claude and ChatGPT",
			);
		}
	},
};

export const redirects: Check = {
	id: "redirects",
	title: "Requests are not redirected",
	async *run(target) {
		let answer = await target.learn(opening);
		if (!isRedirect(answer)) {
			yield ok(`${answer.request} is answered at once.`);
			return;
		}
		const { request, status } = answer;
		let to = target.url;
		const seen = new Set([to.href]);
		while (isRedirect(answer) && seen.size <= MAX_REDIRECTS) {
			to = new URL(answer.headers.get("Location") ?? "", to);
			if (seen.has(to.href)) break;
			seen.add(to.href);
			answer = await post(target, initialize(), {}, to);
		}
		const isLoop = isRedirect(answer);
		const loss =
			status < 307 ? " Clients then send GET, without the message." : " Clients may drop the token on the way.";
		yield fault(
			`${request} answered ${status}${isLoop ? " and leads in a circle." : ` to ${to}.${loss}`}`,
			isLoop
				? "Remove the redirects of the endpoint."
				: `Give clients the address ${to}, or answer here without a redirect.`,
			"RFC 9110 §15.4; Claude follows no redirect",
		);
	},
};

export const plainHttp: Check = {
	id: "plain-http",
	title: "The unencrypted address does not serve",
	async *run(target) {
		if (target.url.protocol !== "https:" || target.url.port !== "" || target.isLocal) {
			yield skipped("Only a server at the usual port of https has an address without it.");
			return;
		}
		const url = new URL(target.url);
		url.protocol = "http:";
		const answer = await target.ask("GET", url).catch(() => undefined);
		if (!answer || isRedirect(answer) || answer.status >= 400) yield ok(`GET ${url} serves nothing.`);
		else {
			yield warning(
				`${answer.request} answered ${brief(answer)} without encryption.`,
				"Redirect http to https at the edge (on Cloudflare: Always Use HTTPS).",
				"MCP 2025-11-25, Authorization, Communication Security",
			);
		}
	},
};

export const trailingSlash: Check = {
	id: "trailing-slash",
	title: "The same address with a slash at the end",
	async *run(target) {
		if (target.url.pathname.endsWith("/")) {
			yield skipped("The address ends with a slash.");
			return;
		}
		const url = new URL(`${target.url.pathname}/`, target.url);
		const answer = await post(target, initialize(), {}, url);
		if (isRedirect(answer) && answer.status < 307) {
			yield warning(
				`${answer.request} answered ${answer.status}: clients that add a slash lose the message.`,
				"Answer there as without the slash, or redirect with 308.",
				"RFC 9110 §15.4.2; hosts that ask for /mcp/",
			);
		} else yield ok(`${answer.request} answered ${brief(answer)}.`);
	},
};

export const get: Check = {
	id: "get",
	title: "GET opens a stream or is refused with 405",
	async *run(target) {
		if (!(await canCall(target))) {
			yield skipped("Needs a token, or a server that is open to anyone.");
			return;
		}
		const answer = await openStream(target);
		const type = answer.headers.get("Content-Type") ?? "";
		if (answer.status === 200 && !type.startsWith("text/event-stream")) {
			yield warning(
				`${answer.request} answered ${brief(answer)} to a client that wants an event stream.`,
				"Answer GET with an event stream or with 405.",
				`${TRANSPORT}, Listening for Messages`,
			);
		} else if (answer.status >= 500) {
			yield warning(
				`${answer.request} answered ${brief(answer)}.`,
				"Answer GET with 405 if there is no stream.",
				TRANSPORT,
			);
		} else yield ok(`${answer.request} answered ${brief(answer)}.`);
	},
};

export const clock: Check = {
	id: "clock",
	title: "The server's clock is right",
	async *run(target) {
		const { headers, request } = await target.ask("GET", new URL("/.well-known/oauth-protected-resource", target.url));
		const date = headers.get("Date");
		const skew = Math.round((Date.parse(date ?? "") - Date.now()) / 1000);
		if (Number.isNaN(skew)) yield skipped(`${request} has no Date.`);
		else if (Math.abs(skew) > SKEW_SECONDS) {
			yield warning(
				`The server's clock is ${Math.abs(skew)} s ${skew > 0 ? "ahead of" : "behind"} this computer's: tokens seem expired, or not valid yet.`,
				"Synchronise both clocks.",
				"RFC 7519 §4.1.4",
			);
		} else yield ok(`The server's clock and this computer's are at most ${Math.abs(skew) + 1} s apart.`);
	},
};

export const time: Check = {
	id: "time",
	title: "Answers come in time",
	async *run({ answers }) {
		const slowest = answers.reduce((one, other) => (other.milliseconds > one.milliseconds ? other : one));
		const seen = `The slowest of ${answers.length} answers took ${Math.round(slowest.milliseconds)} ms: ${slowest.request}.`;
		if (slowest.milliseconds > SLOW_MILLISECONDS) yield warning(seen, "Find out what it waits for.", "Claude, ChatGPT");
		else yield ok(seen);
	},
};
