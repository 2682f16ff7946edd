/** Whether what answers is an MCP server, and whom it lets in. */
import { bearer, initialize, messageIn, post, postStateless, resultOf, SESSION_VERSIONS } from "./messages.ts";
import type { Answer, Target } from "./target.ts";

/** The first request of every client: no token, a handshake. */
export const opening = (target: Target): Promise<Answer> => post(target, initialize());

/** @returns the first bytes of an event stream, as HTTP+SSE opens it */
export const openStream = (target: Target, url: string | URL = target.url, token = target.token): Promise<Answer> =>
	target.ask("GET", url, {
		headers: { Accept: "text/event-stream", ...bearer(token) },
		until: (text) => /^data:.*\n/m.test(text) || !text.startsWith("event"),
	});

const isStream = ({ status, text }: Answer) => status === 200 && /^event: ?endpoint\r?$/m.test(text);

export const isMcp = ({ status, text, headers }: Answer) =>
	(status === 401 && /bearer/i.test(headers.get("WWW-Authenticate") ?? "")) ||
	(messageIn(text) !== undefined && (status === 200 || messageIn(text)?.error?.code === -32022));

export type Access = "open" | "closed" | "none";
export type Place = { readonly access: Access; readonly transport: "http" | "sse" };

/** Whether the address is an endpoint, of which transport, and whether it lets a client in without a token. */
export async function place(target: Target): Promise<Place> {
	const answer = await target.learn(opening);
	const isNamedSse = target.url.pathname.endsWith("/sse");
	if (answer.status === 401) return { access: "closed", transport: isNamedSse ? "sse" : "http" };
	if (isMcp(answer)) return { access: "open", transport: "http" };
	if (answer.status >= 400 && answer.status < 500) {
		// A server without a stream may keep the connection open and say nothing.
		const stream = await openStream(target, target.url, undefined).catch(() => undefined);
		if (stream && isStream(stream)) return { access: "open", transport: "sse" };
	}
	return { access: "none", transport: "http" };
}

/** Whether requests of the protocol are answered: without a token, or with the one that we have. */
export async function canCall(target: Target): Promise<boolean> {
	const { access, transport } = await target.learn(place);
	return transport === "http" && (access === "open" || (access === "closed" && target.token !== undefined));
}

export const NO_CALLS =
	"Needs a token (--token or --sign-in), or a server with Streamable HTTP that is open to anyone.";

export type Session = {
	readonly version: string;
	readonly capabilities: Readonly<Record<string, unknown>>;
	/** What goes with each request of it. */
	readonly headers: Readonly<Record<string, string>>;
};

/** A session of the newest revision that has them; undefined if the server opens none. */
export async function session(target: Target): Promise<Session | undefined> {
	const answer = await post(target, initialize(), bearer(target.token));
	const result = resultOf(answer);
	if (!result) return undefined;
	const version = String(result.protocolVersion);
	const id = answer.headers.get("Mcp-Session-Id");
	const headers = {
		...bearer(target.token),
		...(id !== null && { "Mcp-Session-Id": id }),
		...(version >= "2025-06-18" && { "MCP-Protocol-Version": version }),
	};
	return { version, capabilities: Object(result.capabilities), headers };
}

/** What `server/discover` says; undefined if the server does not speak 2026-07-28. */
export async function discovered(target: Target): Promise<Readonly<Record<string, unknown>> | undefined> {
	return resultOf(await postStateless(target, "server/discover"));
}

export const isSessionVersion = (version: unknown) => SESSION_VERSIONS.some((known) => known === version);
