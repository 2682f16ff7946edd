/** How the app answers when it cannot do what was asked: for people a page, for programs JSON. */
import { AuthorizationError, CimdFetchError } from "@cloudflare/workers-oauth-provider";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppEnv } from "./app-env.ts";
import { ConfigError, logError } from "./errors.ts";
import { JSON_RPC, jsonRpcError } from "./mcp/json-rpc.ts";
import { ErrorPage } from "./pages/error.tsx";

const START_AGAIN =
	"Go back to your app and connect again. If that brings you here once more, remove this server from the app and add it again.";

/** Plain HTTP means a loopback host. */
const SAFARI_ON_LOCALHOST =
	" Older versions of Safari do not keep the cookies that sign-in needs on http://localhost: use another browser.";

/** Whether a path is an MCP endpoint, whose clients read JSON-RPC errors. */
function isMcpPath(path: string): boolean {
	return /^(\/stdio)?\/(mcp|sse)(\/|$)/.test(path);
}

export const ENDPOINTS = "MCP clients connect to /mcp on this server, older ones to /sse.";

/** A person who opens an MCP endpoint in a browser gets, with the challenge that clients need, a page. */
export const explainToBrowsers = createMiddleware<AppEnv>(async (c, next) => {
	await next();
	if (c.res.status !== 401 || !wantsPage(c)) return;
	const sentence = "This address is for MCP clients: paste it into yours, and it opens the sign-in page.";
	const page = <ErrorPage title="Almost there" sentence={sentence} requestId={c.get("requestId")} />;
	// Hono keeps the headers of the answer that this one replaces.
	c.res = await c.html(page, 401);
});

function wantsPage(c: Context<AppEnv>): boolean {
	return c.req.header("Accept")?.includes("text/html") ?? false;
}

/** Answers with one safe sentence, in the form that the asker reads. */
export function refuse(
	c: Context<AppEnv>,
	status: ContentfulStatusCode,
	sentence: string,
	hint?: string,
): Response | Promise<Response> {
	if (isMcpPath(c.req.path)) return jsonRpcError(status, JSON_RPC.transport, sentence);
	if (wantsPage(c)) {
		return c.html(<ErrorPage sentence={sentence} hint={hint} requestId={c.get("requestId")} />, status);
	}
	return c.json({ error: status >= 500 ? "server_error" : "invalid_request", error_description: sentence }, status);
}

/** Answers for an error that nobody else answered: the safe sentence outside, the cause in the log. */
export function answerError(error: Error, c: Context<AppEnv>): Response | Promise<Response> {
	const requestId = c.get("requestId");
	if (error instanceof HTTPException) return refuse(c, error.status as ContentfulStatusCode, error.message);
	if (error instanceof AuthorizationError) {
		// Set only when the client and its redirect URI are validated; otherwise a page, never a redirect.
		if (error.redirectTo) return c.redirect(error.redirectTo);
		const hint = START_AGAIN + (c.req.url.startsWith("http:") ? SAFARI_ON_LOCALHOST : "");
		return refuse(c, 400, `${error.description.replace(/\.$/, "")}.`, hint);
	}
	if (error instanceof ConfigError) {
		logError("config_error", error.message, requestId);
		const sentence = `This server is not fully configured, so nobody can sign in. ${error.problems.join(" ")}`;
		return refuse(c, 503, sentence);
	}
	if (error instanceof CimdFetchError) {
		logError("client_metadata_unavailable", `${error.metadataUrl}: ${error.detail}`, requestId);
		const hint = "Its client id is a web address, and the description there could not be read. Try again in a minute.";
		return refuse(c, 400, "The app that sent you here could not be verified.", hint);
	}
	logError("unexpected_error", error, requestId);
	return refuse(c, 500, `Something went wrong here. Quote request ${requestId} to whoever runs this server.`);
}
