/** One request, and what every era answers to it. */
import type { Elicited } from "../eras.ts";
import { type Answer, failed, type Message } from "../wire.ts";

/** What the rows of a tool must cover. */
export type Kind = "good" | "bad input" | "no permission" | "no scope" | "refused" | "crash";

export type Row = {
	what: string;
	method: string;
	params?: Message & { name?: string; uri?: unknown };
	kind?: Kind;
	/** The user's; all of them, if left out. */
	permissions?: string[];
	/** A scope that the user could have granted, and did not. */
	lacks?: string;
	/** Whether it is asked of a deployed server. */
	isDeployed?: boolean;
	/** Brings about what the row takes for granted. */
	prepare?: (userId: string) => void | Promise<void>;
	/** Undoes it, where other rows do not. */
	restore?: (userId: string) => void;
	/** Answers, one for each time the server asks the user; without, the client cannot ask. */
	answers?: Elicited[];
	/** What the user is asked, each time. */
	question?: Message;
	/** What the client says it can do. */
	capabilities?: Message;
	expected: Answer;
	/** At /sse, where the protocol has no challenges. */
	expectedAtSse?: Answer;
};

type Extra = Partial<Row>;

export function call(kind: Kind, what: string, name: string, args: unknown, expected: Answer, extra: Extra = {}): Row {
	return { kind, what, method: "tools/call", params: { name, arguments: args }, expected, ...extra };
}

const ALL = ["tools", "identity", "notes", "images"] as const;

/** Something whose scope was not granted: a challenge to ask for it, and a sentence where there are no challenges. */
export function withoutScope(
	lacks: string,
	name: string,
	request: Pick<Row, "method" | "params">,
	refuse = failed,
): Row {
	const scopes = [...ALL.filter((scope) => scope !== lacks), lacks].join(" ");
	const sentence = `${name} needs the scope "${lacks}", which was not granted to this connection. Sign in again and allow it.`;
	return {
		what: "without its scope",
		kind: "no scope",
		lacks,
		...request,
		expected: { challenge: `error="insufficient_scope", scope="${scopes}"` },
		expectedAtSse: refuse(sentence),
	};
}

export const callWithoutScope = (lacks: string, name: string, args: Message): Row =>
	withoutScope(lacks, name, { method: "tools/call", params: { name, arguments: args } });
