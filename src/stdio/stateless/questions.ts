/** Translates the questions of a child, which uses a 2025 version, into those of the stateless version. */
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

/** The limit of questions in one response. */
export const MAX_QUESTIONS = 100;

/** @returns the question; undefined if the client does not support this kind of question */
export function questionFor({ method, params = {} }: JSONRPCRequest, { mcpReq }: ServerContext): Question | undefined {
	const capabilities = member(mcpReq.envelope, CLIENT_CAPABILITIES_META_KEY);
	const elicitation = member(capabilities, "elicitation");
	const url = member(elicitation, "url");
	// A client that names no elicitation mode supports forms.
	const form = member(elicitation, "form") ?? (url ? undefined : elicitation);
	const can: Record<string, unknown> = {
		"sampling/createMessage": member(capabilities, "sampling"),
		"roots/list": member(capabilities, "roots"),
		"elicitation/create": params.mode === "url" ? url : form,
	};
	if (!can[method]) return undefined;
	// The elicitation's id is for a notification that the stateless version does not have.
	const { _meta, elicitationId, ...rest } = params;
	// The child wrote the parameters. The client checks them.
	return { method, params: rest } as Question;
}

/**
 * In the 2025 versions, a call may fail because the user has to visit a page first (URLElicitationRequired).
 *
 * @returns the pages as questions, after which the client calls again; undefined for other errors
 */
export function visitsOf(error: unknown, context: ServerContext): InputRequiredResult | undefined {
	if (member(error, "code") !== ProtocolErrorCode.UrlElicitationRequired) return undefined;
	const pages = member(member(error, "data"), "elicitations");
	if (!Array.isArray(pages)) return undefined;
	const inputRequests: InputRequests = {};
	for (const params of pages.slice(0, MAX_QUESTIONS)) {
		const question = questionFor({ jsonrpc: "2.0", id: 0, method: "elicitation/create", params }, context);
		if (question) inputRequests[crypto.randomUUID()] = question;
	}
	return Object.keys(inputRequests).length > 0 ? { resultType: "input_required", inputRequests } : undefined;
}

function member(value: unknown, name: string): unknown {
	if (typeof value !== "object" || value === null) return undefined;
	return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** The error that a child gets if the client cannot be asked. */
export function refusal(method: string): ProtocolError {
	return new ProtocolError(ProtocolErrorCode.MethodNotFound, `The client does not support ${method}`);
}

export function tooManyQuestions(): ProtocolError {
	return new ProtocolError(ProtocolErrorCode.InvalidRequest, `The client is asked ${MAX_QUESTIONS} things at once`);
}
