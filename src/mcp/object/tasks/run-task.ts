/** Runs the tool of a task once: from the start, or again with the answers to its questions. */
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { type Principal, runAs } from "../../../auth/principal.ts";
import { UserError } from "../../../errors.ts";
import { runWithRequestId } from "../../../http/request-id.ts";
import { type Context, contextOf, type Serving } from "../../context.ts";
import type { Tool } from "../../define/tool.ts";
import type { Upstream } from "../../define/upstream.ts";
import { contextFor } from "../../plain-call.ts";
import { callTool } from "../../register/tools.ts";
import type { StoredTask } from "./task-table.ts";

/** A run in this instance, and what it last reported. */
export type TaskRun = {
	readonly abort: AbortController;
	message?: string;
	/** Milliseconds since the epoch. */
	updated: number;
};

type Ended = {
	readonly result: Awaited<ReturnType<typeof callTool>>;
	/** For the user's history. */
	readonly outcome: string;
	readonly failure: string | undefined;
};

/** @returns the result; and why the task failed, if it was more than the tool's own refusal */
export async function runTask(
	tool: Tool,
	{ id, call, input }: StoredTask,
	principal: Principal,
	run: TaskRun,
	server: Pick<Serving, "env" | "server">,
): Promise<Ended> {
	let outcome = "";
	let missed: string | undefined;
	const serving: Serving = {
		...server,
		canAsk: true,
		clientCapabilities: () => call.capabilities,
		onCall(_name, known) {
			outcome = known;
		},
	};
	const send = async (message: JSONRPCMessage) => {
		if (!("method" in message) || message.method !== "notifications/progress") return;
		run.message = String(message.params?.message);
		run.updated = Date.now();
	};
	const mcp = contextFor(id, { progressToken: id }, run.abort.signal, { send });
	const asked = input.round > 0 || Object.keys(input.responses).length > 0;
	const request = { ...mcp.mcpReq, ...(asked && { inputResponses: input.responses }) };
	const result = await runAs(principal, () =>
		runWithRequestId(principal.requestId, () => {
			const context: Context = {
				...contextOf(tool.name, serving, { ...mcp, mcpReq: request } as typeof mcp),
				// The object keeps the state, so it needs no seal.
				sealState: async (state) => JSON.stringify([state]),
				sealedState: input.state,
			};
			const needsToken = call.hasUpstream && principal.upstreamToken === undefined;
			const upstream = refusingUpstream(tool.name, (sentence) => {
				missed = sentence;
			});
			return callTool(tool, tool.input.parse(call.args), needsToken ? { ...context, upstream } : context, serving);
		}),
	);
	return { result, outcome, failure: missed ?? (isFailure(outcome) ? textOf(result) : undefined) };
}

/** A tool that says why it refuses has completed. One that was not let in, or that crashed, has failed. */
function isFailure(outcome: string): boolean {
	return outcome === "refused" || outcome === "error";
}

function textOf(result: Record<string, unknown>): string {
	const [block] = Array.isArray(result.content) ? result.content : [];
	return String(Object(block).text);
}

/** The API of the user's provider in a run without the user's token. */
function refusingUpstream(tool: string, missed: (sentence: string) => void): Upstream {
	const refuse = (): never => {
		const sentence = `${tool} was interrupted, and could not go on without a token of yours. Call it again.`;
		missed(sentence);
		throw new UserError(sentence);
	};
	return new Proxy({} as Upstream, { get: refuse, has: refuse, ownKeys: refuse });
}
