/** What is measured, and what it is compared with. */
import { join } from "node:path";
import type { Worker } from "./runtimes/runtime.ts";

const stock = (name: string, SHAPE: string): Worker => ({
	name,
	config: join(import.meta.dirname, "stock/wrangler.jsonc"),
	vars: { SHAPE },
});

export const OWN: Worker = {
	name: "this server",
	config: join(import.meta.dirname, "../wrangler.jsonc"),
	vars: { COOKIE_ENCRYPTION_KEY: "a key that only the bench uses, long enough" },
};
export const SERVE = stock("McpAgent.serve", "serve");
export const SERVE_SSE = stock("McpAgent.serveSSE", "serveSSE");
export const CREATE_MCP_HANDLER = stock("createMcpHandler", "createMcpHandler");
/** The same token check, and a constant answer. */
export const FLOOR = stock("the floor", "floor");
