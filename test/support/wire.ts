/** What a server sends to its client, in whichever era. */
import { EventReader } from "./sse.ts";

export type Message = Record<string, unknown>;
export type RpcError = { code: number; message: string; data?: unknown };
/** A challenge is the 403 that asks for a scope, before any JSON-RPC answer. */
export type Answer = { result: Message } | { error: RpcError } | { challenge: string };

export type Incoming = {
	id?: string | number;
	method?: string;
	params?: Message;
	result?: Message & InputRequired & { protocolVersion?: string };
	error?: RpcError;
};
type InputRequired = {
	resultType?: string;
	inputRequests?: Record<string, { method: string; params: Message }>;
	requestState?: string;
};

export function answerOf({ result, error }: Incoming): Answer {
	if (error) return { error };
	if (result) return { result };
	throw new Error("Neither a result nor an error");
}

/** Passes over what belongs to no request; answers what the server asks. */
export async function readAnswer(
	next: () => Promise<Incoming>,
	id: unknown,
	answer: (asked: Incoming) => Promise<void>,
): Promise<Incoming> {
	for (;;) {
		const message = await next();
		if (message.method !== undefined && message.id !== undefined) await answer(message);
		else if (message.method === undefined && message.id === id) return message;
	}
}

export async function nextMessage(events: EventReader): Promise<Incoming> {
	for (;;) {
		const event = await events.next();
		if (!event) throw new Error("The stream ended without an answer");
		// Without data it only brings an id to come back with.
		if (event.data !== "") return JSON.parse(event.data);
	}
}

/**
 * The messages of an answer one by one, whichever form it has: an event stream, one JSON text, or a batch in one.
 *
 * @throws Error after the last of them
 */
export function messagesOf(response: Response): () => Promise<Incoming> {
	if (isEventStream(response)) {
		const events = new EventReader(response);
		return () => nextMessage(events);
	}
	let rest: Promise<Incoming[]> | undefined;
	return async () => {
		rest ??= response.json().then((body) => [body].flat() as Incoming[]);
		const message = (await rest).shift();
		if (!message) throw new Error(`No further message, status ${response.status}`);
		return message;
	};
}

/** All messages of an answer that ends, whichever form it has. */
export async function readMessages(response: Response): Promise<Incoming[]> {
	const text = await response.text();
	if (!isEventStream(response)) return text === "" ? [] : [JSON.parse(text)].flat();
	return [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
}

function isEventStream(response: Response): boolean {
	return response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
}

/** The scope that a 403 asks for. */
export function challengeOf(response: Response): string | undefined {
	const header = response.headers.get("WWW-Authenticate") ?? "";
	return response.status === 403 ? (/error="\w+", scope="[^"]*"/.exec(header)?.[0] ?? header) : undefined;
}

/** Answers as tests expect them. */
const texts = (...text: string[]) => text.map((one) => ({ type: "text", text: one }));

export const answer = (result: Message): Answer => ({ result });
export const said = (text: string | string[], structuredContent: Message): Answer =>
	answer({ content: texts(...[text].flat()), structuredContent });
export const failed = (text: string): Answer => answer({ content: texts(text), isError: true });
export const error = (code: number, message: string, data?: unknown): Answer => ({
	error: { code, message, ...(data !== undefined && { data }) },
});
