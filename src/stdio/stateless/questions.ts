/** What a child of the 2025 era asks of a client, in the words of the stateless era. */
import {
	CLIENT_CAPABILITIES_META_KEY,
	type InputRequests,
	type InputRequiredResult,
	type JSONRPCRequest,
	ProtocolError,
	ProtocolErrorCode,
	type ServerContext,
} from "@modelcontextprotocol/server";

export type Question = InputRequests[string];

/** @returns the question; nothing, if the client has not said that it answers such questions */
export function questionFor({ method, params = {} }: JSONRPCRequest, { mcpReq }: ServerContext): Question | undefined {
	const capabilities = member(mcpReq.envelope, CLIENT_CAPABILITIES_META_KEY);
	const elicitation = member(capabilities, "elicitation");
	const url = member(elicitation, "url");
	// Without a mode, a client that asks people shows them forms.
	const form = member(elicitation, "form") ?? (url ? undefined : elicitation);
	const can: Record<string, unknown> = {
		"sampling/createMessage": member(capabilities, "sampling"),
		"roots/list": member(capabilities, "roots"),
		"elicitation/create": params.mode === "url" ? url : form,
	};
	if (!can[method]) return undefined;
	// The elicitation's id is for a notification that this era does not have.
	const { _meta, elicitationId, ...rest } = params;
	// The child has written it; the client checks it.
	return { method, params: rest } as Question;
}

/**
 * In the 2025 era a call may fail because the user has to visit a page first (URLElicitationRequired).
 *
 * @returns the pages as questions, after whose answers the client calls again; nothing for other errors
 */
export function visitsOf(error: unknown, context: ServerContext): InputRequiredResult | undefined {
	if (member(error, "code") !== ProtocolErrorCode.UrlElicitationRequired) return undefined;
	const pages = member(member(error, "data"), "elicitations");
	if (!Array.isArray(pages)) return undefined;
	const inputRequests: InputRequests = {};
	for (const params of pages) {
		const question = questionFor({ jsonrpc: "2.0", id: 0, method: "elicitation/create", params }, context);
		if (question) inputRequests[crypto.randomUUID()] = question;
	}
	return Object.keys(inputRequests).length > 0 ? { resultType: "input_required", inputRequests } : undefined;
}

function member(value: unknown, name: string): unknown {
	if (typeof value !== "object" || value === null) return undefined;
	return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** What a child is answered when nobody can be asked. */
export function refusal(method: string): ProtocolError {
	return new ProtocolError(ProtocolErrorCode.MethodNotFound, `The client does not support ${method}`);
}
