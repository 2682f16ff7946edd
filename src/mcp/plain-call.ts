/**
 * Plain calls: a single call of an ordinary tool with valid arguments, which is most of the traffic. They are answered
 * without an MCP server of the SDK, with the same result. The SDK handles every other message and every error in one.
 */
import {
	CLIENT_CAPABILITIES_META_KEY,
	CLIENT_INFO_META_KEY,
	type ClientCapabilities,
	type JSONRPCNotification,
	LOG_LEVEL_META_KEY,
	PROTOCOL_VERSION_META_KEY,
	type RequestId,
	SERVER_INFO_META_KEY,
	type ServerContext,
	type Transport,
} from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import { contextOf, type Serving } from "./context.ts";
import type { Tool } from "./define/tool.ts";
import type { Server } from "./definition.ts";
import { permits } from "./gate.ts";
import { VERSION_HEADER } from "./headers.ts";
import { implementationOf } from "./implementation.ts";
import { STATELESS_VERSION } from "./protocol-versions.ts";
import { convertedOnce } from "./register/schema.ts";
import { callTool } from "./register/tools.ts";
import { isForTasks } from "./tasks/extension.ts";

const PLAIN_PARAMS = ["name", "arguments", "_meta"];
/** In the stateless era, each request describes its client. With any other member here, a call is not plain. */
const SESSION_META = ["progressToken"];
const STATELESS_META = [PROTOCOL_VERSION_META_KEY, CLIENT_INFO_META_KEY, CLIENT_CAPABILITIES_META_KEY, "progressToken"];

type Sender = Pick<Transport, "send">;

export type PlainCall = {
	readonly id: RequestId;
	/** In the stateless era, the client's capabilities in the message. */
	clientCapabilities(): ClientCapabilities;
	/** Runs the tool. Its notifications and its result go to the transport. */
	run(serving: Serving, transport: Sender, signal?: AbortSignal): Promise<void>;
};

/**
 * A plain call in a session; undefined for every other message.
 *
 * @param where it is answered; a call that may take long is not plain in the Worker
 */
export function plainCallOf(
	server: Server,
	message: unknown,
	principal: Principal,
	where: "worker" | "object",
): PlainCall | undefined {
	return plain(server, message, principal, where, (result) => result);
}

/** A plain call of the stateless era, if its headers match its body; otherwise undefined. */
export function plainStatelessCallOf(
	server: Server,
	message: unknown,
	principal: Principal,
	headers: Headers,
): PlainCall | undefined {
	const { method, params } = Object(message);
	const meta = Object(Object(params)._meta);
	const isSaidTwice =
		headers.get(VERSION_HEADER) === STATELESS_VERSION &&
		meta[PROTOCOL_VERSION_META_KEY] === STATELESS_VERSION &&
		headers.get("Mcp-Method") === method &&
		headers.get("Mcp-Name") === Object(params).name;
	const isComplete = isObject(meta[CLIENT_INFO_META_KEY]) && isObject(meta[CLIENT_CAPABILITIES_META_KEY]);
	if (!isSaidTwice || !isComplete || meta[LOG_LEVEL_META_KEY] !== undefined) return undefined;
	const info = implementationOf(server.info, principal.origin);
	return plain(server, message, principal, "stateless", ({ _meta, ...result }) => ({
		...result,
		_meta: { ...Object(_meta), [SERVER_INFO_META_KEY]: info },
		resultType: "complete",
	}));
}

type Result = Record<string, unknown>;

function plain(
	server: Server,
	message: unknown,
	principal: Principal,
	where: "worker" | "object" | "stateless",
	encode: (result: Result) => Result,
): PlainCall | undefined {
	if (!isCall(message)) return undefined;
	const { id, params } = message;
	const { name, arguments: args = {}, _meta = {} } = params;
	if (
		!hasOnly(params, PLAIN_PARAMS) ||
		!isObject(_meta) ||
		!hasOnly(_meta, where === "stateless" ? STATELESS_META : SESSION_META)
	)
		return undefined;
	if (!["undefined", "string", "number"].includes(typeof _meta.progressToken)) return undefined;
	const tool = server.catalogue.tools.find((one) => one.name === name);
	if (!tool || tool.asks || (tool.long && where === "worker") || !permits(tool, principal) || readsHeaders(tool))
		return undefined;
	const clientCapabilities = () => Object(_meta[CLIENT_CAPABILITIES_META_KEY]);
	if (where === "stateless" && isForTasks(tool, server, clientCapabilities(), false)) return undefined;
	const parsed = tool.input.safeParse(args);
	if (!parsed.success) return undefined;
	return {
		id,
		clientCapabilities,
		async run(serving, transport, signal = new AbortController().signal) {
			const { progressToken } = _meta;
			const mcp = contextFor(id, { ...(progressToken !== undefined && { progressToken }) }, signal, transport);
			const result = await callTool(tool, parsed.data, contextOf(tool.name, serving, mcp), serving);
			await transport.send({ jsonrpc: "2.0", id, result: encode(result) });
		},
	};
}

type Call = { id: RequestId; params: { name: string; arguments?: unknown; _meta?: unknown } };

function isCall(message: unknown): message is Call {
	const { jsonrpc, id, method, params } = Object(message);
	const isRequest = jsonrpc === "2.0" && (typeof id === "string" || typeof id === "number");
	return isRequest && method === "tools/call" && isObject(params) && typeof params.name === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasOnly(object: object, names: readonly string[]): boolean {
	return Object.keys(object).every((name) => names.includes(name));
}

const readingHeaders = new WeakMap<Tool, boolean>();

/** Whether headers repeat arguments. If so, the SDK checks them (MCP 2026-07-28, transports, `x-mcp-header`). */
function readsHeaders(tool: Tool): boolean {
	const known = readingHeaders.get(tool);
	if (known !== undefined) return known;
	const { jsonSchema } = convertedOnce(tool.input)["~standard"];
	const found = JSON.stringify(jsonSchema.input({ target: "draft-2020-12" })).includes('"x-mcp-header"');
	readingHeaders.set(tool, found);
	return found;
}

/** The request context that the SDK would make for a tool. In a plain call, the client cannot be asked. */
export function contextFor(
	id: RequestId,
	_meta: { progressToken?: unknown },
	signal: AbortSignal,
	transport: Sender,
): ServerContext {
	const nobody = async () => {
		throw new Error("Nobody can be asked here: the tool does not say `asks`");
	};
	const notify = (notification: Omit<JSONRPCNotification, "jsonrpc">) =>
		transport.send({ jsonrpc: "2.0", ...notification });
	const mcpReq = {
		id,
		method: "tools/call",
		_meta,
		signal,
		requestState: () => undefined,
		notify,
		log: (level: string, data: unknown, logger?: string) =>
			notify({ method: "notifications/message", params: { level, data, ...(logger !== undefined && { logger }) } }),
		send: nobody,
		elicitInput: nobody,
		requestSampling: nobody,
	};
	return { mcpReq } as unknown as ServerContext;
}
