/** The questions of a task: which wait for an answer, by which keys, and whether the client can answer them. */
import type { TaskCall, TaskInput } from "./task-table.ts";

/** Whether a client declared what each question needs: `elicitation`, `sampling` or `roots`. */
export function canAnswer(
	{ capabilities }: TaskCall,
	requests: Readonly<Record<string, { readonly method: string }>>,
): boolean {
	return Object.values(requests).every(({ method }) => {
		const [kind = ""] = method.split("/");
		return capabilities[kind] !== undefined;
	});
}

/** The questions that have no answer yet. */
export function pendingOf({ requests, responses }: TaskInput): string[] {
	return Object.keys(requests).filter((key) => !Object.hasOwn(responses, key));
}

/** The key of a question on the wire. In the life of a task, no key comes twice. */
export function keyOf({ round }: TaskInput, key: string): string {
	return `${round}:${key}`;
}
