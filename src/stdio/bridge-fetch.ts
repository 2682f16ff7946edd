/** Reaches a user's bridge: in their container, which starts with the first request, or on this computer. */
import { currentRequestId } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { logError } from "../errors.ts";
import { JSON_RPC, jsonRpcError } from "../mcp/json-rpc.ts";

export type BridgeRequest = {
	/** With its query. */
	readonly path: string;
	readonly method: string;
	readonly headers: Headers;
	readonly body: ReadableStream | null;
	readonly signal: AbortSignal;
};

const RETRY_AFTER_SECONDS = "10";

/** @returns the bridge's answer, or a JSON-RPC error that says why there is none */
export async function fetchBridge(env: Env, userId: string, { path, ...init }: BridgeRequest): Promise<Response> {
	const { stdio } = readConfig(env);
	try {
		if (stdio === "container") {
			const container = env.STDIO_OBJECT.getByName(userId);
			return explainContainer(await container.fetch(new Request(`http://bridge${path}`, init)));
		}
		if (stdio) return await fetch(stdio.url + path, init);
	} catch (error) {
		logError("bridge_not_reached", error, currentRequestId());
	}
	return unavailable("The stdio server does not answer.");
}

/** The Container class answers in plain text when its container cannot start; the bridge never does. */
async function explainContainer(response: Response): Promise<Response> {
	const isPlain = response.headers.get("Content-Type")?.startsWith("text/plain") ?? false;
	if (response.ok || !isPlain) return response;
	logError("container_not_started", await response.text(), currentRequestId());
	if (response.status === 503 || response.status === 429) {
		return unavailable("No stdio container is available: all are in use, or yours is still starting.");
	}
	return unavailable("Your stdio server could not be started.");
}

function unavailable(what: string): Response {
	const sentence = `${what} Try again in a minute; if it still fails, contact the server's administrator and mention request ID ${currentRequestId()}.`;
	return jsonRpcError(503, JSON_RPC.transport, sentence, { headers: { "Retry-After": RETRY_AFTER_SECONDS } });
}
