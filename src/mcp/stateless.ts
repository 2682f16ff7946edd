/** The stateless era (MCP 2026-07-28): each request is answered by a server of its own, and no session is kept. */
import { env } from "cloudflare:workers";
import { createMcpHandler } from "agents/mcp/server";
import { currentRequestId } from "../app-env.ts";
import type { Catalogue } from "../catalogue.ts";
import { type Caller, runAs } from "./caller.ts";
import { createServer } from "./server.ts";

/** There is no stream to announce changes on: clients ask again, as the answers' `ttlMs` of 0 tells them to. */
const NO_ANNOUNCEMENTS = { listChanged: false };

/**
 * How often a stream that waits gets a comment. It keeps the connection open, and finds out, with the second one, that
 * the client has hung up, which cancels the request: nobody else tells.
 */
const KEEP_ALIVE_MILLISECONDS = 5_000;

const MAX_LOGGED_LENGTH = 300;

export type StatelessHandler = (request: Request, message: unknown, caller: Caller) => Promise<Response>;

export function createStatelessHandler(catalogue: Catalogue): StatelessHandler {
	const newServer = () =>
		createServer(env, catalogue, {
			tools: NO_ANNOUNCEMENTS,
			resources: NO_ANNOUNCEMENTS,
			prompts: NO_ANNOUNCEMENTS,
			logging: {},
		});
	const handler = createMcpHandler(newServer, {
		route: "/mcp",
		legacy: "reject",
		keepAliveMs: KEEP_ALIVE_MILLISECONDS,
		// The whole Worker's host policy and CORS headers come first.
		corsOptions: false,
		allowedOriginHostnames: "*",
		onerror({ name, message }) {
			// It quotes what the client sent.
			const cause = message.slice(0, MAX_LOGGED_LENGTH);
			console.warn(JSON.stringify({ event: "mcp_error", requestId: currentRequestId(), name, cause }));
		},
	});
	return (request, message, caller) => runAs(caller, () => handler.fetch(request, { parsedBody: message }));
}
