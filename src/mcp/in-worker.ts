/**
 * Answers messages of a session in the Worker, if they do not need the user's object. Each POST gets its own MCP
 * server; a plain call needs none.
 */
import { waitUntil } from "cloudflare:workers";
import { parseJSONRPCMessage } from "@modelcontextprotocol/server";
import { type Principal, runAs } from "../auth/principal.ts";
import type { Server } from "./definition.ts";
import { requests } from "./message.ts";
import type { PlainCall } from "./plain-call.ts";
import { createServer } from "./sdk-server.ts";
import { capabilitiesOf, type Session } from "./session-id.ts";
import { userObjectOf } from "./user-object.ts";
import { WorkerTransport } from "./worker-transport.ts";

export type Asked = {
	readonly session: Session;
	/** A JSON-RPC message, or a batch of them. */
	readonly message: unknown;
	readonly principal: Principal;
};

/** @returns the response, as JSON or as an event stream; 202 if there is no request to answer */
export async function answerInWorker(env: Env, definition: Server, asked: Asked): Promise<Response> {
	const { session, message, principal } = asked;
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	const ids = requests(message).map(({ id }) => id);
	if (ids.length === 0) return new Response(null, { status: 202 });
	const logLevel = logLevelOf(env, session, principal);
	const transport = new WorkerTransport({ ids, isBatch: Array.isArray(message), logLevel });
	await runAs(principal, async () => {
		const { server } = createServer(env, definition, { session, canAsk: false });
		await server.connect(transport);
		for (const one of messages) transport.onmessage?.(parseJSONRPCMessage(one));
	});
	return transport.response;
}

/** Answers a plain call in a session, as JSON or as an event stream. */
export function answerPlainCall(
	env: Env,
	server: Server,
	plain: PlainCall,
	{ session, principal }: Omit<Asked, "message">,
): Promise<Response> {
	const logLevel = logLevelOf(env, session, principal);
	const transport = new WorkerTransport({ ids: [plain.id], isBatch: false, logLevel });
	const serving = { env, server, canAsk: false, clientCapabilities: () => capabilitiesOf(session) };
	waitUntil(runAs(principal, () => plain.run(serving, transport)).catch((error) => transport.fail(error)));
	return transport.response;
}

/** The log level of a session is stored in the user's object. It is read only if a tool logs. */
function logLevelOf(env: Env, session: Session, { user }: Principal) {
	return () => userObjectOf(env, user.id).logLevel(session.id);
}
