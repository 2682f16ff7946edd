/** The deadline of a call. A response is sent by then, even if the tool, resource or prompt is still running. */
import { readSettings } from "../auth/settings.ts";
import { UserError } from "../errors.ts";
import type { Tool } from "./define/tool.ts";

/** A call did not end in time. The message explains it to the model or the user. */
export class DeadlineError extends UserError {}

/** The time limit of a call, from the tool itself or from the settings. */
export function secondsFor({ long, timeoutSeconds }: Pick<Tool, "long" | "timeoutSeconds">, env: object): number {
	const { callTimeoutSeconds, longCallTimeoutSeconds } = readSettings(env);
	return timeoutSeconds ?? (long ? longCallTimeoutSeconds : callTimeoutSeconds);
}

export type Call = {
	/** The name of the tool, the resource or the prompt. */
	readonly name: string;
	readonly requestId: string;
	readonly seconds: number;
	/** Aborted when the client cancels the call. */
	readonly cancelled?: AbortSignal;
};

/**
 * Runs a call until its deadline at most. Its result or failure after that is ignored.
 *
 * @param run gets a signal that is aborted when the client cancels, and with a TimeoutError at the deadline
 * @throws DeadlineError at the deadline; until then, what `run` throws
 */
export async function runUntilDeadline<T>(call: Call, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const { name, requestId, seconds, cancelled } = call;
	const over = new AbortController();
	const deadline = Promise.withResolvers<never>();
	const timer = setTimeout(() => {
		// Reject first, so that this is the outcome even if the signal makes the call end at once.
		deadline.reject(new DeadlineError(deadlineSentence(name, seconds, requestId)));
		over.abort(new DOMException(`${name} reached its time limit of ${seconds} s`, "TimeoutError"));
	}, seconds * 1000);
	try {
		const signal = cancelled ? AbortSignal.any([cancelled, over.signal]) : over.signal;
		return await Promise.race([run(signal), deadline.promise]);
	} finally {
		clearTimeout(timer);
	}
}

/** The sentence for the model or the user. */
export function deadlineSentence(name: string, seconds: number, requestId: string): string {
	return (
		`${name} was stopped because it reached its time limit of ${seconds} s. It may have done a part of its work. ` +
		"Try again in a minute, or ask for less at once. If that does not help, contact the server's administrator and " +
		`mention request ID ${requestId}.`
	);
}
