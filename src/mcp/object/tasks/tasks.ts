/** The tasks of a user (MCP extension Tasks): calls of `long` tools that go on while their client is away. */
import { type ClientCapabilities, isInputRequiredResult, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { Principal } from "../../../auth/principal.ts";
import { logError } from "../../../errors.ts";
import type { Tool } from "../../define/tool.ts";
import type { Keeper, Server } from "../../definition.ts";
import { permits } from "../../gate.ts";
import { logToolCall } from "../../register/call-log.ts";
import { soonest } from "../../soonest.ts";
import type { DetailedTask, Task } from "../../tasks/extension.ts";
import type { History } from "../history.ts";
import { parseStored } from "../stored-json.ts";
import { canAnswer, keyOf, pendingOf } from "./questions.ts";
import { runTask, type TaskRun } from "./run-task.ts";
import { callOf, type Rules, restored, withRightsLeft } from "./task-caller.ts";
import { bytesOf, type StoredTask, TaskTable, TTL_SECONDS } from "./task-table.ts";

const POLL_MILLISECONDS = 1_000;
/** How many tasks of a user may be open: working, or waiting for answers. */
const MAX_OPEN = 20;
/** Of what a client sends: the arguments, and the answers. */
const MAX_SENT_BYTES = 256 * 1024;
/** A little less than the maximum size of a database row. */
const MAX_RESULT_BYTES = 1_600_000;
/** How often a run that is cut short is repeated. */
const MAX_RUNS = 3;
/** While a task works, the alarm keeps the object in memory, and finds a run that was cut short. */
const CHECK_SECONDS = 30;

const TOO_MANY = `${MAX_OPEN} tasks of yours have not ended. Wait for one, or cancel one.`;
const TOO_LARGE = `A task keeps at most ${MAX_SENT_BYTES / 1024} KiB of what is sent to it. Send less.`;

/** What the tasks get from the user's object. */
export type TasksHost = {
	readonly sql: SqlStorage;
	readonly history: Pick<History, "add">;
	tidyIn(seconds: number): void;
	keeper(): Keeper | undefined;
};

export type TaskRequest = {
	readonly tool: string;
	readonly args: Record<string, unknown>;
	readonly capabilities: ClientCapabilities;
	/** Answers to questions that the tool asked before the task, and what it sealed with them. */
	readonly answers?: Record<string, unknown>;
	readonly state: unknown;
};

export class Tasks {
	readonly #rules: Rules;
	readonly #host: TasksHost;
	readonly #table: TaskTable;
	/** The runs in this instance, by the ids of their tasks. */
	readonly #runs = new Map<string, TaskRun>();

	constructor(env: Env, server: Server, host: TasksHost) {
		this.#rules = { env, server };
		this.#host = host;
		this.#table = new TaskTable(host.sql);
		this.tidy();
	}

	/** Stores a task, and starts it. @returns why it was refused, as a sentence for the model, or the task */
	start(request: TaskRequest, principal: Principal): { task: Task } | { refused: string } {
		if (this.#table.open >= MAX_OPEN) return { refused: TOO_MANY };
		const { tool, args, capabilities, answers = {}, state } = request;
		const call = callOf(args, capabilities, principal, this.#rules);
		const input = { round: 0, requests: {}, responses: answers, state };
		if (bytesOf(JSON.stringify([call, input])) > MAX_SENT_BYTES) return { refused: TOO_LARGE };
		const id = crypto.randomUUID();
		this.#table.add({ id, tool, call, input });
		const task = this.#table.find(id, principal.clientId);
		if (!task) throw new Error("A task was not stored");
		this.#begin(task, principal);
		return { task: this.#describe(task) };
	}

	get(id: string, principal: Principal): DetailedTask | undefined {
		const known = this.#find(id, principal);
		if (known && this.#isCutShort(known)) this.#repeat(known, principal);
		const task = this.#find(id, principal);
		if (!task) return undefined;
		const { status, input, outcome } = task;
		const requests = pendingOf(input).map((key) => [keyOf(input, key), input.requests[key]]);
		const inputRequests = status === "input_required" && { inputRequests: Object.fromEntries(requests) };
		return { ...this.#describe(task), ...inputRequests, ...outcome };
	}

	/** Takes answers to a task's questions. When it has them all, the tool runs again. */
	update(id: string, answers: Readonly<Record<string, unknown>>, principal: Principal) {
		const task = this.#find(id, principal);
		if (!task) return undefined;
		const { status, input, call } = task;
		const given = pendingOf(input).filter((key) => Object.hasOwn(answers, keyOf(input, key)));
		if (status !== "input_required" || given.length === 0) return {};
		const responses = Object.fromEntries(given.map((key) => [key, answers[keyOf(input, key)]]));
		const answered = { ...input, responses: { ...input.responses, ...responses } };
		if (bytesOf(JSON.stringify(answered)) > MAX_SENT_BYTES) return { problem: TOO_LARGE };
		const isComplete = pendingOf(answered).length === 0;
		const calling = callOf(call.args, call.capabilities, principal, this.#rules);
		this.#table.setInput(id, isComplete ? "working" : "input_required", answered, calling);
		const next = this.#find(id, principal);
		if (isComplete && next) this.#begin(next, principal);
		return {};
	}

	/** @returns whether there is such a task */
	cancel(id: string, { clientId }: Principal): boolean {
		const task = this.#table.find(id, clientId);
		if (!task) return false;
		if (isOpen(task)) this.#note(task, "cancelled");
		this.#table.end(id, "cancelled");
		this.#stop(id);
		return true;
	}

	/** Deletes the tasks of a grant that has ended. */
	endGrant(grantId: string): void {
		for (const id of this.#table.idsOf(grantId)) this.#delete(id);
	}

	/** @param claims the permissions that the identity provider claims now */
	setClaims(grantId: string, claims: readonly string[]): void {
		this.#table.setClaims(grantId, claims);
	}

	/** Deletes expired tasks, and deals with those whose run was cut short. The object's alarm calls it. */
	tidy(): void {
		for (const id of this.#table.expired()) this.#delete(id);
		for (const task of this.#table.working()) if (this.#isCutShort(task)) this.#repeat(task);
		const expiry = this.#table.nextExpiry();
		const next = soonest([
			expiry === undefined ? undefined : Math.max(1, Math.ceil((expiry - Date.now()) / 1000)),
			this.#runs.size > 0 ? CHECK_SECONDS : undefined,
		]);
		if (next !== undefined) this.#host.tidyIn(next);
	}

	/** The task, if it is this client's, and the client may still use its tool. */
	#find(id: string, principal: Principal): StoredTask | undefined {
		const task = this.#table.find(id, principal.clientId);
		const tool = task && this.#toolOf(task);
		return !tool || permits(tool, principal) ? task : undefined;
	}

	#toolOf({ tool }: StoredTask): Tool | undefined {
		return this.#rules.server.catalogue.tools.find(({ name }) => name === tool);
	}

	#isCutShort({ id, status }: StoredTask): boolean {
		return status === "working" && !this.#runs.has(id);
	}

	/**
	 * Repeats a run that was cut short, with the rights that are left of those that it had.
	 *
	 * @param asking the principal of a request for this task, if there is one
	 */
	#repeat(task: StoredTask, asking?: Principal): void {
		const { principal } = task.call;
		const keeper = this.#host.keeper();
		if (!this.#toolOf(task)?.restartable || task.runs >= MAX_RUNS) {
			this.#fail(task, `${task.tool} was interrupted because the server restarted. Call it again.`);
			return;
		}
		if (!keeper?.scopesOf) {
			// Without a keeper, only a request shows what its client may do now.
			if (asking) this.#begin(task, { ...asking, upstreamToken: undefined });
			return;
		}
		const scopes = keeper.scopesOf(principal.user.id, principal.grantId);
		if (!scopes) {
			this.#delete(task.id);
			return;
		}
		this.#begin(task, withRightsLeft(task, scopes, this.#rules));
	}

	#begin(task: StoredTask, principal: Principal): void {
		const run: TaskRun = { abort: new AbortController(), updated: task.updated };
		this.#runs.set(task.id, run);
		this.#table.started(task.id);
		this.#host.tidyIn(CHECK_SECONDS);
		void this.#run(task, principal, run).finally(() => {
			if (this.#runs.get(task.id) === run) this.#runs.delete(task.id);
		});
	}

	async #run(task: StoredTask, principal: Principal, run: TaskRun): Promise<void> {
		try {
			const { id, input } = task;
			const tool = this.#toolOf(task);
			if (!tool) return this.#fail(task, `${task.tool} is not offered any more.`);
			const { result, outcome, failure } = await runTask(tool, task, principal, run, this.#rules);
			// What comes after a cancellation, or after the next run has begun, is dropped.
			if (run.abort.signal.aborted) return;
			this.#note(task, outcome);
			if (failure !== undefined) return this.#end(task, failure);
			if (!isInputRequiredResult(result)) return this.#end(task, undefined, result);
			const { inputRequests = {}, requestState } = result;
			const asked = parseStored(requestState ?? "null");
			const state: unknown = Array.isArray(asked) ? asked[0] : undefined;
			const next = { round: input.round + 1, requests: inputRequests, responses: {}, state };
			if (!canAnswer(task.call, inputRequests)) {
				return this.#end(task, `${task.tool} has to ask the user something, and your app said that it cannot.`);
			}
			if (Object.keys(inputRequests).length === 0 || bytesOf(JSON.stringify(next)) > MAX_SENT_BYTES) {
				return this.#end(task, `${task.tool} asked nothing, or more than a task can keep.`);
			}
			this.#table.setInput(id, "input_required", next);
		} catch (error) {
			const { requestId } = principal;
			logError("task_failed", error, requestId);
			const administrator = `Contact the server's administrator and mention request ID ${requestId}.`;
			this.#end(task, `${task.tool} failed unexpectedly. ${administrator}`);
		}
	}

	#end({ id, tool }: StoredTask, failure: string | undefined, result: Record<string, unknown> = {}): void {
		const isLarge = bytesOf(JSON.stringify(result)) > MAX_RESULT_BYTES;
		const large = `The result of ${tool} is larger than a task can keep: ${MAX_RESULT_BYTES / 1000} KB. Ask for less at once.`;
		const message = failure ?? (isLarge ? large : undefined);
		if (message === undefined) this.#table.end(id, "completed", { result: { resultType: "complete", ...result } });
		else this.#table.end(id, "failed", { error: { code: ProtocolErrorCode.InternalError, message } });
	}

	/** Ends a task that did not run. */
	#fail(task: StoredTask, message: string): void {
		this.#end(task, message);
		logToolCall(task.tool, restored(task), "failed", Date.now() - task.updated);
		this.#note(task, "failed");
	}

	/** Adds a call to what the user sees. */
	#note({ tool, call: { principal } }: StoredTask, outcome: string): void {
		const { clientId: client, grantId: grant } = principal;
		this.#host.history.add({ event: "tool_call", client, grant, tool, outcome });
	}

	#stop(id: string): void {
		this.#runs.get(id)?.abort.abort();
		this.#runs.delete(id);
	}

	#delete(id: string): void {
		this.#table.delete(id);
		this.#stop(id);
	}

	#describe({ id, status, created, updated }: StoredTask): Task {
		const run = this.#runs.get(id);
		return {
			taskId: id,
			status,
			...(run?.message !== undefined && { statusMessage: run.message }),
			createdAt: new Date(created).toISOString(),
			lastUpdatedAt: new Date(Math.max(updated, run?.updated ?? 0)).toISOString(),
			ttlMs: TTL_SECONDS * 1000,
			pollIntervalMs: POLL_MILLISECONDS,
		};
	}
}

function isOpen({ status }: StoredTask): boolean {
	return status === "working" || status === "input_required";
}
