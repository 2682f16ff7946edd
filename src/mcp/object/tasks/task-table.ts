/** The table of a user's tasks. A task is stored before its client hears of it, and deleted when it expires. */
import { z } from "zod";
import { userSchema } from "../../../auth/grant.ts";
import { logEvent } from "../../../errors.ts";
import { hasTable } from "../../has-table.ts";
import type { TaskStatus } from "../../tasks/extension.ts";
import { parseStored } from "../stored-json.ts";

/** How long a task is kept, from its creation. */
export const TTL_SECONDS = 24 * 60 * 60;
/** If there are more tasks, or they are larger, those that ended first are deleted. */
const MAX_TASKS = 100;
const MAX_BYTES = 32 * 1024 * 1024;

const valuesSchema = z.record(z.string(), z.unknown());

/** The call that a task makes, and in whose name. It has no token. */
const callSchema = z.object({
	args: valuesSchema,
	capabilities: valuesSchema,
	principal: z.object({
		user: userSchema.omit({ permissions: true }),
		clientId: z.string(),
		grantId: z.string(),
		permissions: z.array(z.string()),
		scopes: z.array(z.string()),
		origin: z.string(),
		requestId: z.string(),
		traceparent: z.string().optional(),
		pseudonym: z.string(),
		isLocal: z.boolean(),
	}),
	/** The permissions that the identity provider claims. The settings give the others. */
	claims: z.array(z.string()),
	hasUpstream: z.boolean(),
});

/** The questions of the latest round and their answers, by the tool's own names, and what the tool sealed. */
const inputSchema = z.object({
	round: z.number(),
	requests: valuesSchema,
	responses: valuesSchema,
	state: z.unknown().optional(),
});

const NO_INPUT: TaskInput = { round: 0, requests: {}, responses: {} };

const outcomeSchema = z.union([
	z.object({ result: valuesSchema }),
	z.object({ error: z.object({ code: z.number(), message: z.string() }) }),
]);

export type TaskCall = z.infer<typeof callSchema>;
export type TaskInput = z.infer<typeof inputSchema>;
export type TaskOutcome = z.infer<typeof outcomeSchema>;

/** @typeParam created, updated milliseconds since the epoch */
export type StoredTask = {
	readonly id: string;
	readonly tool: string;
	readonly status: TaskStatus;
	readonly created: number;
	readonly updated: number;
	/** How often the tool was started since the client's last message. */
	readonly runs: number;
	readonly call: TaskCall;
	readonly input: TaskInput;
	readonly outcome: TaskOutcome | undefined;
};

type Row = Omit<StoredTask, "call" | "input" | "outcome"> & { call: string; input: string; outcome: string | null };

export class TaskTable {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
	}

	add({ id, tool, call, input }: Pick<StoredTask, "id" | "tool" | "call" | "input">): void {
		this.#sql.exec(
			"CREATE TABLE IF NOT EXISTS tasks (id TEXT PRIMARY KEY, client TEXT, grant_id TEXT, tool TEXT, status TEXT, created INTEGER, updated INTEGER, runs INTEGER, bytes INTEGER, call TEXT, input TEXT, outcome TEXT)",
		);
		const { clientId, grantId } = call.principal;
		const [calling, asked] = [JSON.stringify(call), JSON.stringify(input)];
		const now = Date.now();
		const insert = "INSERT INTO tasks VALUES (?, ?, ?, ?, 'working', ?, ?, 0, ?, ?, ?, NULL)";
		const bytes = bytesOf(calling) + bytesOf(asked);
		this.#sql.exec(insert, id, clientId, grantId, tool, now, now, bytes, calling, asked);
		this.#drop();
	}

	/** @returns undefined if this client has no such task, or it has expired */
	find(id: string, clientId: string): StoredTask | undefined {
		return this.#read("id = ? AND client = ? AND created > ?", id, clientId, oldest())[0];
	}

	working(): StoredTask[] {
		return this.#read("status = 'working' AND created > ?", oldest());
	}

	/** The ids of a grant's tasks, or of those that have expired. */
	idsOf(grantId: string): string[] {
		return this.#ids("grant_id = ?", grantId);
	}

	expired(): string[] {
		return this.#ids("created <= ?", oldest());
	}

	/** How many tasks have not ended. */
	get open(): number {
		return this.#ids("status IN ('working', 'input_required')").length;
	}

	delete(id: string): void {
		this.#sql.exec("DELETE FROM tasks WHERE id = ?", id);
	}

	started(id: string): void {
		this.#sql.exec("UPDATE tasks SET runs = runs + 1 WHERE id = ?", id);
	}

	/** Stores questions or answers of a task that has not ended. @param call replaces the one before */
	setInput(id: string, status: "working" | "input_required", input: TaskInput, call?: TaskCall): void {
		const update = "status = ?, runs = 0, input = ?, call = coalesce(?, call)";
		this.#change(id, update, status, JSON.stringify(input), call ? JSON.stringify(call) : null);
	}

	setClaims(grantId: string, claims: readonly string[]): void {
		if (!hasTable(this.#sql, "tasks")) return;
		const update = "UPDATE tasks SET call = json_set(call, '$.claims', json(?)) WHERE grant_id = ?";
		this.#sql.exec(update, JSON.stringify(claims), grantId);
	}

	/** Ends a task that has not ended. Its questions are not needed any more. */
	end(id: string, status: "completed" | "failed" | "cancelled", outcome?: TaskOutcome): void {
		const text = outcome ? JSON.stringify(outcome) : null;
		const update = "status = ?, input = ?, outcome = ?, bytes = bytes + ?";
		this.#change(id, update, status, JSON.stringify(NO_INPUT), text, bytesOf(text ?? ""));
		this.#drop();
	}

	/** @returns when the next task expires, in milliseconds since the epoch */
	nextExpiry(): number | undefined {
		if (!hasTable(this.#sql, "tasks")) return undefined;
		const { at } = this.#sql.exec<{ at: number | null }>("SELECT min(created) AS at FROM tasks").one();
		return at === null ? undefined : at + TTL_SECONDS * 1000;
	}

	#change(id: string, update: string, ...values: (string | number | null)[]): void {
		const where = "id = ? AND status IN ('working', 'input_required')";
		this.#sql.exec(`UPDATE tasks SET updated = ?, ${update} WHERE ${where}`, Date.now(), ...values, id);
	}

	#drop(): void {
		const newest = "row_number() OVER newest AS count, sum(bytes) OVER newest AS total";
		const ranked = `SELECT id, status, ${newest} FROM tasks WINDOW newest AS (ORDER BY updated DESC, rowid DESC)`;
		const beyond = "(count > ? OR total > ?) AND status NOT IN ('working', 'input_required')";
		this.#sql.exec(`DELETE FROM tasks WHERE id IN (SELECT id FROM (${ranked}) WHERE ${beyond})`, MAX_TASKS, MAX_BYTES);
	}

	#ids(where: string, ...values: (string | number)[]): string[] {
		if (!hasTable(this.#sql, "tasks")) return [];
		const rows = this.#sql.exec<{ id: string }>(`SELECT id FROM tasks WHERE ${where}`, ...values).toArray();
		return rows.map(({ id }) => id);
	}

	#read(where: string, ...values: (string | number)[]): StoredTask[] {
		if (!hasTable(this.#sql, "tasks")) return [];
		const columns = "id, tool, status, created, updated, runs, call, input, outcome";
		const rows = this.#sql.exec<Row>(`SELECT ${columns} FROM tasks WHERE ${where}`, ...values).toArray();
		return rows.flatMap((row) => {
			const call = callSchema.safeParse(parseStored(row.call)).data;
			const input = inputSchema.safeParse(parseStored(row.input)).data;
			const outcome = row.outcome === null ? undefined : outcomeSchema.safeParse(parseStored(row.outcome)).data;
			if (call && input && (outcome || row.outcome === null)) return [{ ...row, call, input, outcome }];
			logEvent("stored_task_unreadable", { id: row.id });
			this.delete(row.id);
			return [];
		});
	}
}

export function bytesOf(text: string): number {
	return new TextEncoder().encode(text).length;
}

/** Tasks that were created then, or before, have expired. */
function oldest(): number {
	return Date.now() - TTL_SECONDS * 1000;
}
