/** The Tasks extension of MCP 2026-07-28 (SEP-2663), as it is on the wire. */
import type { ClientCapabilities } from "@modelcontextprotocol/server";
import type { Tool } from "../define/tool.ts";
import type { Server } from "../definition.ts";

export const TASKS = "io.modelcontextprotocol/tasks";

export type TaskStatus = "working" | "input_required" | "completed" | "failed" | "cancelled";

/** A task. Times are ISO 8601. */
export type Task = {
	readonly taskId: string;
	readonly status: TaskStatus;
	readonly statusMessage?: string;
	readonly createdAt: string;
	readonly lastUpdatedAt: string;
	readonly ttlMs: number;
	readonly pollIntervalMs: number;
};

/** The answer to `tasks/get`: a task with its open questions, its result or its error. */
export type DetailedTask = Task & {
	readonly inputRequests?: Readonly<Record<string, unknown>>;
	readonly result?: Readonly<Record<string, unknown>>;
	readonly error?: { readonly code: number; readonly message: string };
};

/** A visitor without a sign-in has a new identity with each request, and could not find a task again. */
export function offersTasks({ signIn, catalogue }: Server): boolean {
	return signIn.hasUsers && catalogue.tools.some(({ long }) => long);
}

export function declaresTasks(capabilities: ClientCapabilities): boolean {
	const declared: unknown = Object(capabilities.extensions)[TASKS];
	return typeof declared === "object" && declared !== null;
}

/** Whether a call of a tool does not run in the request: it becomes a task, or is refused to a client without tasks. */
export function isForTasks(tool: Tool, server: Server, capabilities: ClientCapabilities, hasAnswers: boolean): boolean {
	if (!tool.long || !offersTasks(server)) return false;
	if (!declaresTasks(capabilities)) return tool.onlyAsTask === true;
	return !tool.asksFirst || hasAnswers;
}
