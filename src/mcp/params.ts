/** Checks the parameters of requests, for all methods and protocol versions, before they reach an MCP server. */
import {
	isJSONRPCNotification,
	type JSONRPCErrorResponse,
	PROTOCOL_VERSION_META_KEY,
	type StandardSchemaV1,
	specTypeSchemas as schemas,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { idOf, JSON_RPC, shorten } from "../http/json-rpc.ts";

/** No name on this server is longer. The limit exists because an error repeats the name. */
const MAX_NAME_LENGTH = 256;
/** In characters. A longer URI may take long to match with a template. */
const MAX_URI_LENGTH = 8192;

const SHARED_METHODS: Record<string, StandardSchemaV1> = {
	"tools/list": schemas.ListToolsRequest,
	"tools/call": schemas.CallToolRequest,
	"prompts/list": schemas.ListPromptsRequest,
	"prompts/get": schemas.GetPromptRequest,
	"resources/list": schemas.ListResourcesRequest,
	"resources/templates/list": schemas.ListResourceTemplatesRequest,
	"resources/read": schemas.ReadResourceRequest,
	"completion/complete": schemas.CompleteRequest,
	"skills/list": z.looseObject({ params: z.looseObject({ cursor: z.string().optional() }).optional() }),
	"skills/get": z.looseObject({ params: z.looseObject({ uri: z.string() }) }),
	"resources/directory/read": z.looseObject({ params: z.looseObject({ uri: z.string() }) }),
};

/**
 * The methods of the versions with sessions (2024-11-05 to 2025-11-25), and of the stateless version (2026-07-28). The
 * parameters of other methods are checked only roughly, because the MCP server refuses unknown methods.
 */
const METHODS: Record<"sessions" | "stateless", ReadonlyMap<string, StandardSchemaV1>> = {
	sessions: new Map(
		Object.entries({
			...SHARED_METHODS,
			initialize: schemas.InitializeRequest,
			ping: schemas.PingRequest,
			"logging/setLevel": schemas.SetLevelRequest,
			"resources/subscribe": schemas.SubscribeRequest,
			"resources/unsubscribe": schemas.UnsubscribeRequest,
		}),
	),
	stateless: new Map(
		Object.entries({
			...SHARED_METHODS,
			"server/discover": schemas.DiscoverRequest,
			"subscriptions/listen": schemas.SubscriptionsListenRequest,
		}),
	),
};

/** The part of a posted message that an MCP server should get, if any, and the errors for the rest. */
export type CheckedParams = { readonly fitting: unknown; readonly errors: readonly JSONRPCErrorResponse[] };

/**
 * Sorts out requests whose parameters do not fit (JSON-RPC 2.0, section 5.1, -32602). Drops such notifications, because
 * they have no response.
 *
 * @param message a JSON-RPC message, or a batch of them, whose `params` may be anything
 */
export function checkParams(message: unknown): CheckedParams {
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	const errors = messages.map(misfitOf);
	const fitting = messages.filter((one, index) => errors[index] === undefined && !isBrokenNotification(one));
	return {
		fitting: Array.isArray(message) && fitting.length > 0 ? fitting : fitting[0],
		errors: errors.filter((error) => error !== undefined),
	};
}

function isBrokenNotification(message: unknown): boolean {
	return isRecord(message) && "method" in message && !("id" in message) && !isJSONRPCNotification(message);
}

/** The error for a request whose parameters do not fit. It names each parameter and what was expected. */
function misfitOf(message: unknown): JSONRPCErrorResponse | undefined {
	const id = idOf(message);
	if (id === null || !isRecord(message) || typeof message.method !== "string") return undefined;
	const problem = problemOf(message.method, message.params);
	if (problem === undefined) return undefined;
	return { jsonrpc: "2.0", id, error: { code: JSON_RPC.invalidParams, message: shorten(problem) } };
}

function problemOf(method: string, params: unknown): string | undefined {
	const meta = isRecord(params) && isRecord(params._meta) ? params._meta : {};
	const methods = METHODS[PROTOCOL_VERSION_META_KEY in meta ? "stateless" : "sessions"];
	const schema = methods.get(method) ?? schemas.Request;
	const checked = schema["~standard"].validate({ method, ...(params !== undefined && { params }) });
	if (checked instanceof Promise) throw new Error(`The schema of ${method} is asynchronous`);
	if (checked.issues) return `Invalid params: ${checked.issues.map((issue) => describe(issue)).join("; ")}`;
	return methods.has(method) && isRecord(params) ? refusalOf(method, params) : undefined;
}

/** Checks that no schema makes: names and URIs that are too long, and cursors, which this server never issues. */
function refusalOf(method: string, params: Record<string, unknown>): string | undefined {
	switch (method) {
		case "tools/call":
			return refuseName("name", params.name, "Tool");
		case "prompts/get":
			return refuseName("name", params.name, "Prompt");
		case "completion/complete": {
			const ref = isRecord(params.ref) ? params.ref : {};
			return refuseName("ref.name", ref.name, "Prompt") ?? refuseName("ref.uri", ref.uri, "Resource template");
		}
		case "resources/read":
		case "skills/get":
		case "resources/directory/read":
		case "resources/subscribe":
		case "resources/unsubscribe":
			return tooLong("uri", params.uri, MAX_URI_LENGTH);
		default:
			if (params.cursor === undefined) return undefined;
			return "Invalid params: cursor: this server gave out no such cursor, since its lists have one page";
	}
}

function refuseName(path: string, name: unknown, what: string): string | undefined {
	// The SDK keeps registered items in plain objects, which inherit these names.
	if (typeof name === "string" && name in Object.prototype) return `${what} ${name} not found`;
	return tooLong(path, name, MAX_NAME_LENGTH);
}

function tooLong(path: string, text: unknown, limit: number): string | undefined {
	if (typeof text !== "string" || text.length <= limit) return undefined;
	return `Invalid params: ${path}: expected at most ${limit} characters`;
}

/** An issue from the SDK's schemas. For a union, it has the issues of each alternative. */
type Issue = StandardSchemaV1.Issue & { readonly errors?: readonly (readonly Issue[])[] };

function describe(issue: Issue, parents: readonly unknown[] = []): string {
	const path = [...parents, ...(issue.path ?? [])];
	const alternatives = (issue.errors ?? []).toSorted((one, other) => one.length - other.length);
	const [closest, ...others] = alternatives.flatMap(([first]) => first ?? []);
	if (!closest) return `${nameOf(path)}: ${wordsOf(issue)}`;
	// If all issues are about one parameter, list what each alternative expects. Otherwise, describe the closest one.
	const isOne = others.every(({ path }) => String(path) === String(closest.path));
	if (!isOne || closest.errors) return describe(closest, path);
	const expected = new Set([closest, ...others].map((one) => wordsOf(one).replace(/, received .*/, "")));
	return `${nameOf([...path, ...(closest.path ?? [])])}: ${[...expected].join(" or ").replaceAll(" or expected", " or")}`;
}

/** The path of a parameter, without the leading `params`. */
function nameOf(path: readonly unknown[]): string {
	return path.slice(1).map(String).join(".") || "params";
}

/** The text of an issue, without the validator's preamble, and in JSON's terms. */
function wordsOf({ message }: Issue): string {
	return message
		.replace(/^Invalid \w+: /, "")
		.replace(/\brecord\b/, "object")
		.replace(/\bint\b/, "integer");
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
