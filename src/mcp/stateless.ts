/** The stateless era (MCP 2026-07-28): there are no sessions, and each request gets its own MCP server. */
import { env, waitUntil } from "cloudflare:workers";
import {
	createMcpHandler,
	InMemoryServerEventBus,
	isJsonContentType,
	type ServerEvent,
} from "@modelcontextprotocol/server";
import { type Principal, runAs } from "../auth/principal.ts";
import { logWarning } from "../errors.ts";
import { escapeLineEnds } from "../http/line-ends.ts";
import { currentRequestId } from "../http/request-id.ts";
import type { ChangeNotification } from "./change.ts";
import type { Tool } from "./define/tool.ts";
import type { Server } from "./definition.ts";
import { openSocket } from "./open-socket.ts";
import type { PlainCall } from "./plain-call.ts";
import { PROTOCOL_VERSIONS } from "./protocol-versions.ts";
import { createServer } from "./sdk-server.ts";
import { answerWithTask, registerTasks, taskToolOf } from "./tasks/register.ts";
import { userObjectOf } from "./user-object.ts";
import { WorkerTransport } from "./worker-transport.ts";

/**
 * How often a waiting stream gets a comment. Comments keep the connection open. They also detect, by the second one,
 * that the client has disconnected, which cancels the request: there is no other sign of it.
 */
export const KEEP_ALIVE_MILLISECONDS = 5_000;

const MAX_LOGGED_LENGTH = 300;

export type StatelessHandler = (request: Request, message: unknown, principal: Principal) => Promise<Response>;

export function createStatelessHandler(server: Server): StatelessHandler {
	const newServer = () => {
		const made = createServer(env, server, { canAsk: true });
		registerTasks(made, server, env);
		return made;
	};
	const options = { legacy: "reject", keepAliveMs: KEEP_ALIVE_MILLISECONDS, onerror: logError } as const;
	const handler = createMcpHandler(newServer, options);

	/** Handles `subscriptions/listen` with a bus of its own, because all listeners on a bus get its events. */
	async function listen(request: Request, message: unknown, principal: Principal): Promise<Response> {
		const bus = new InMemoryServerEventBus();
		const listening = createMcpHandler(newServer, { ...options, bus });
		const response = await runAs(principal, () => listening.fetch(request, { parsedBody: message }));
		if (bus.listenerCount === 0) return response;
		return feed(bus, response, principal);
	}

	/** The handler of a call that a tool answers with a task. */
	const handlerFor = (tool: Tool) =>
		createMcpHandler(() => {
			const made = newServer();
			answerWithTask(made, tool, env);
			return made;
		}, options);

	return async (request, message, principal) => {
		const { method } = Object(message);
		if (method === "subscriptions/listen") return listen(request, message, principal);
		const response = await runAs(principal, () => {
			const tool = taskToolOf(server, message);
			return (tool ? handlerFor(tool) : handler).fetch(request, { parsedBody: message });
		});
		if (response.status === 400 || method === "server/discover") return nameAllVersions(response);
		return escapeLineEnds(response);
	};
}

/** Answers a plain call. It is cancelled if the client disconnects. */
export function answerStatelessCall(
	server: Server,
	plain: PlainCall,
	request: Request,
	principal: Principal,
): Promise<Response> {
	const hangup = new AbortController();
	const transport = new WorkerTransport({
		ids: [plain.id],
		isBatch: false,
		// If a call of this era names a log level, it is not a plain call.
		logLevel: async () => "off",
		keepAliveMilliseconds: KEEP_ALIVE_MILLISECONDS,
		onhangup: () => hangup.abort(),
	});
	const signal = AbortSignal.any([request.signal, hangup.signal]);
	const serving = { env, server, canAsk: true, clientCapabilities: plain.clientCapabilities };
	waitUntil(runAs(principal, () => plain.run(serving, transport, signal)).catch((error) => transport.fail(error)));
	return transport.response;
}

/** Publishes the events of the user's object on a bus while the client reads, until the token expires. */
async function feed(bus: InMemoryServerEventBus, response: Response, principal: Principal): Promise<Response> {
	const socket = await openSocket(userObjectOf(env, principal.user.id), principal, {
		kind: "listen",
		session: crypto.randomUUID(),
	});
	if (!socket || !response.body) throw new Error("The user's object gave no socket");
	const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
	const end = new AbortController();
	socket.addEventListener("message", ({ data }) => bus.publish(eventOf(JSON.parse(String(data)))));
	socket.addEventListener("close", () => end.abort());
	socket.addEventListener("error", () => end.abort());
	socket.accept();
	const { expiresAt } = principal;
	const expiry = expiresAt === undefined ? undefined : setTimeout(() => end.abort(), expiresAt * 1000 - Date.now());
	response.body
		.pipeTo(writable, { signal: end.signal, preventAbort: true })
		.catch(() => writable.close().catch(() => {}))
		.finally(() => {
			clearTimeout(expiry);
			socket.close(1000, "The client has left");
		});
	return new Response(readable, response);
}

function eventOf(notification: ChangeNotification): ServerEvent {
	switch (notification.method) {
		case "notifications/tools/list_changed":
			return { kind: "tools_list_changed" };
		case "notifications/prompts/list_changed":
			return { kind: "prompts_list_changed" };
		case "notifications/resources/list_changed":
			return { kind: "resources_list_changed" };
		case "notifications/resources/updated":
			return { kind: "resource_updated", uri: notification.params.uri };
	}
}

/** Writes an error of the SDK to the log. */
export function logError({ name, message }: Error): void {
	// The message may quote the client's request.
	const cause = message.slice(0, MAX_LOGGED_LENGTH);
	logWarning("mcp_error", { requestId: currentRequestId(), name, cause });
}

type WithVersions = {
	result?: { supportedVersions?: readonly string[] };
	error?: { data?: { supported?: readonly string[] } };
};

/** Adds the versions with sessions to a response of the SDK, because this address serves them too. */
export async function nameAllVersions(response: Response): Promise<Response> {
	if (!isJsonContentType(response.headers.get("Content-Type"))) return response;
	const body = await response.json<WithVersions>();
	if (body.result?.supportedVersions) body.result.supportedVersions = PROTOCOL_VERSIONS;
	if (body.error?.data?.supported) body.error.data.supported = PROTOCOL_VERSIONS;
	return Response.json(body, { status: response.status, headers: response.headers });
}
