/** Error responses of the app: a page for people, JSON for programs. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import type { AppEnv } from "../app-env.ts";
import { logError, RETRY_AFTER_SECONDS, UnavailableError } from "../errors.ts";
import { ErrorPage, type ErrorPageProps } from "../pages/error.tsx";
import { names } from "./accept.ts";
import { endpointsOf } from "./endpoints.ts";
import { JSON_RPC, jsonRpcError } from "./json-rpc.ts";

/** The paths of the OAuth protocol, on servers with identity providers. */
export const PROGRAM_PATHS = ["/token", "/register", "/.well-known"];

/** Whether this is an MCP endpoint, whose clients read JSON-RPC errors. */
function isMcpEndpoint(c: Context<AppEnv>): boolean {
	const { path } = c.req;
	return endpointsOf(c.get("server")).some((endpoint) => isBelow(path, endpoint));
}

/** Whether this address is for programs. A person can open it in a browser, but not use it there. */
function isForPrograms(c: Context<AppEnv>): boolean {
	const { path } = c.req;
	const paths = [...PROGRAM_PATHS, ...c.get("server").extras.map(({ prefix }) => prefix)];
	return isMcpEndpoint(c) || paths.some((one) => isBelow(path, one));
}

function isBelow(path: string, parent: string): boolean {
	return path === parent || path.startsWith(`${parent}/`);
}

export const ENDPOINTS = "MCP clients connect to `/mcp` on this server, older ones to `/sse`.";

/** The error bodies that programs read: those of JSON-RPC and of OAuth. */
const errorSchema = z.union([
	z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error.message),
	z.object({ error_description: z.string() }).transform((body) => body.error_description),
]);

/** Shows an error as a page, with the same status and headers, if a browser opens an address for programs. */
export const explainToBrowsers = createMiddleware<AppEnv>(async (c, next) => {
	await next();
	const { res } = c;
	if (res.status < 400 || !wantsPage(c) || res.headers.get("Content-Type")?.startsWith("text/html")) return;
	const status = res.status as ContentfulStatusCode;
	const parsed = errorSchema.safeParse(await res.json().catch(() => undefined));
	// Hono keeps the headers of the response that this one replaces.
	// With sign-in, a browser gets a 401 response. Without it, a 406, because a browser accepts no event stream.
	const isOpened = status === 401 || (status === 406 && isMcpEndpoint(c));
	c.res = await (isOpened
		? welcome(c, status)
		: answerWithPage(c, status, { sentence: parsed.data ?? "This address is for programs, not for browsers." }));
});

function welcome(c: Context<AppEnv>, status: ContentfulStatusCode): Response | Promise<Response> {
	const { origin, pathname } = new URL(c.req.url);
	return answerWithPage(c, status, {
		title: "Almost there",
		sentence: `This address is for your AI assistant: paste it there. ${c.get("server").signIn.describe(c.env, origin).next}`,
		hint: (
			<>
				<pre>{origin + pathname.replace(/\/message$/, "")}</pre>
				<p>
					<a class="button" href="/">
						How to connect your assistant
					</a>
				</p>
			</>
		),
		isNotice: true,
		hasHomeLink: false,
	});
}

/**
 * Whether the response will be shown in a browser. When a person opens an address, the browser names HTML and sends no
 * token. Some HTTP libraries, such as Java's, name HTML too, so a POST to an address for programs always gets JSON.
 */
export function wantsPage(c: Context<AppEnv>): boolean {
	const { method } = c.req;
	if (!names(c.req.header("Accept"), "text/html") || c.req.header("Authorization") !== undefined) return false;
	return method === "GET" || method === "HEAD" || !isForPrograms(c);
}

/** The titles of error pages, if there is a better one than the usual. */
const TITLES: Readonly<Record<number, string>> = {
	403: "Not allowed",
	404: "There is no such page",
	408: "That took too long",
	413: "That is too large",
	429: "Too many requests",
	500: "Something went wrong",
	503: "Not available at the moment",
};

/** Responds with an error page. It links to the home page, unless that page failed. */
export function answerWithPage(
	c: Context<AppEnv>,
	status: ContentfulStatusCode,
	props: Omit<ErrorPageProps, "requestId">,
): Response | Promise<Response> {
	c.header("Cache-Control", "no-store");
	const title = TITLES[status];
	const own = { hasHomeLink: c.req.path !== "/", ...(title !== undefined && { title }), ...props };
	return c.html(<ErrorPage {...own} requestId={c.get("requestId")} />, status);
}

/**
 * Responds with one safe sentence, as a page or as the JSON that the client expects.
 *
 * @param sentence what happened; `backticks` enclose commands and names
 * @param hint for pages only: why it happened, and what to do next
 */
export function refuse(
	c: Context<AppEnv>,
	status: ContentfulStatusCode,
	sentence: string,
	hint?: Child,
	page: Pick<ErrorPageProps, "title" | "hasHomeLink"> = {},
): Response | Promise<Response> {
	if (wantsPage(c)) return answerWithPage(c, status, { sentence, hint, ...page });
	const text = sentence.replaceAll("`", "");
	if (isMcpEndpoint(c)) {
		return jsonRpcError(status, JSON_RPC.transport, text, { id: c.get("messageId") ?? null });
	}
	return c.json({ error: errorCode(status), error_description: text }, status);
}

/** RFC 6749, section 4.1.2.1, which defines two of these codes for the statuses 500 and 503; 429 is temporary too. */
function errorCode(status: number): string {
	if (status === 503 || status === 429) return "temporarily_unavailable";
	return status >= 500 ? "server_error" : "invalid_request";
}

/** Responds to an error that no other code handled. The response is a safe sentence; the cause goes to the log. */
export function answerError(error: Error, c: Context<AppEnv>): Response | Promise<Response> {
	const requestId = c.get("requestId");
	if (error instanceof UnavailableError) {
		c.header("Retry-After", String(RETRY_AFTER_SECONDS));
		return refuse(c, 503, error.message);
	}
	if (error instanceof HTTPException) {
		return error.res ? error.getResponse() : refuse(c, error.status as ContentfulStatusCode, error.message);
	}
	logError("unexpected_error", error, requestId);
	const sentence = `Something went wrong on this server. Contact the server's administrator and mention request ID ${requestId}.`;
	return refuse(c, 500, sentence);
}
