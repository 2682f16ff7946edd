/** The extension Tasks of 2026-07-28: a long call that goes on in the user's object while its client is away. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { userObjectOf } from "../../src/mcp/user-object.ts";
import { newHold } from "../support/fixture/control.ts";
import { server } from "../support/fixture/server.ts";
import { evict, execute, replaceServer, restart, rowsOf, storedIn, tidy, userOf } from "../support/objects.ts";
import { stateless } from "../support/stateless.ts";
import { answerOf, type Message, readMessages } from "../support/wire.ts";
import { askTool, fetchWorker, LOCAL, mcp, oauthClient, openSession, signIn } from "../support/worker.ts";

const TASKS = { extensions: { "io.modelcontextprotocol/tasks": {} }, elicitation: {} };
const NOT_FOUND = { error: { code: -32602, message: "Task not found. It may have expired." } };
const LISTENING = { permissions: ["image_generation"] };

type Client = Awaited<ReturnType<typeof signIn>> & { readonly user: string };
type Task = Message & { taskId: string; status: string };

/** An app of a user whom no other test knows, or of one that is named. */
async function connect(email = `${crypto.randomUUID()}@example.com`): Promise<Client> {
	const tokens = await signIn({ email, resource: null, ...LISTENING });
	return { ...tokens, user: userOf(tokens.access_token) };
}

async function post({ access_token: token }: Client, method: string, params: Message, capabilities: object = TASKS) {
	const { headers, message } = stateless(method, params, capabilities);
	const name = typeof params.taskId === "string" ? { "Mcp-Name": params.taskId } : {};
	return mcp(message, { token, headers: { ...headers, ...name } });
}

/** The answer, without what the SDK says of the server in each. */
async function request(client: Client, method: string, params: Message, capabilities?: object) {
	const [answer] = (await readMessages(await post(client, method, params, capabilities))).slice(-1);
	if (answer?.result) delete answer.result._meta;
	return answerOf(answer ?? {});
}

async function start(client: Client, name: string, args: Message): Promise<Task> {
	const answer = await request(client, "tools/call", { name, arguments: args });
	expect(answer).toMatchObject({ result: { resultType: "task", status: "working" } });
	return Object(answer).result;
}

const get = (client: Client, taskId: string) => request(client, "tasks/get", { taskId });
const statusOf = async (client: Client, taskId: string) => Object(await get(client, taskId)).result?.status;
const update = (client: Client, taskId: string, inputResponses: Message) =>
	request(client, "tasks/update", { taskId, inputResponses });
const cancel = (client: Client, taskId: string) => request(client, "tasks/cancel", { taskId });

/** A task whose tool waits for the test. */
async function startHeld(client: Client, name: "hold" | "redraw" = "hold", args: Message = {}) {
	const held = newHold();
	const { taskId } = await start(client, name, { ...args, name: held.name });
	await expect.poll(() => held.state).toBe("waiting");
	return { held, taskId };
}

async function refresh({ refresh_token = "", client_id, user }: Client): Promise<Client> {
	const response = await oauthClient().token({ grant_type: "refresh_token", refresh_token, client_id });
	return { ...(await response.json<Client>()), client_id, user };
}

describe("a long call of a client that declares tasks", () => {
	it("is answered at once with a task that is stored already, reports its progress, and has the result at the end", async () => {
		const client = await connect();
		const held = newHold();
		const task = await start(client, "hold", { name: held.name });
		expect(await rowsOf(client.user, "tasks")).toMatchObject([{ id: task.taskId, status: "working" }]);
		await expect.poll(() => held.state).toBe("waiting");
		const times = { createdAt: task.createdAt, ttlMs: 86_400_000, pollIntervalMs: 1000 };
		expect(await get(client, task.taskId)).toMatchObject({
			result: { resultType: "complete", status: "working", statusMessage: "Waiting", ...times },
		});
		held.release();
		await expect.poll(() => statusOf(client, task.taskId)).toBe("completed");
		const result = { resultType: "complete", content: [{ type: "text", text: "Released." }] };
		expect(await get(client, task.taskId)).toMatchObject({ result: { ...times, result } });
	});

	it("has its line in the log and in the user's history, and no token or expiry is stored with it", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client);
		held.release();
		await expect.poll(() => statusOf(client, taskId)).toBe("completed");
		expect(await rowsOf(client.user, "user_history")).toContainEqual(
			expect.objectContaining({ event: "tool_call", tool: "hold", outcome: "ok", client: client.client_id }),
		);
		const [row] = await rowsOf(client.user, "tasks");
		const { principal } = JSON.parse(String(row?.call));
		expect(Object.keys(principal).sort()).toEqual(
			["clientId", "grantId", "isLocal", "origin", "permissions", "pseudonym", "requestId", "scopes", "user"].sort(),
		);
		const stored = await storedIn(client.user);
		for (const token of [client.access_token, client.refresh_token ?? ""]) {
			expect(stored).not.toContain(token.slice(token.lastIndexOf(":") + 1));
		}
	});

	it("has failed if its result is too large to keep, and has completed if the tool refused", async () => {
		const client = await connect();
		const refused = await start(client, "hold", { name: "no such hold" });
		await expect.poll(() => statusOf(client, refused.taskId)).toBe("completed");
		expect(await get(client, refused.taskId)).toMatchObject({ result: { result: { isError: true } } });
		const { held, taskId } = await startHeld(client, "redraw", { kilobytes: 1700 });
		held.release();
		await expect.poll(() => statusOf(client, taskId)).toBe("failed");
		const message = expect.stringContaining("The result of redraw is larger than a task can keep");
		expect(await get(client, taskId)).toMatchObject({ result: { error: { code: -32603, message } } });
	});
});

describe("a client that does not declare tasks", () => {
	it("gets the result of the same tool in the call, with a session and without", async () => {
		const client = await connect();
		const held = newHold();
		held.release();
		const content = [{ type: "text", text: "Released." }];
		const args = { name: held.name };
		const answer = await request(client, "tools/call", { name: "hold", arguments: args }, {});
		expect(answer).toEqual({ result: { resultType: "complete", content } });
		const session = await openSession(client.access_token, LOCAL, TASKS);
		expect(await askTool("hold", args, { token: client.access_token, session })).toEqual({ content });
		expect(await rowsOf(client.user, "tasks")).toEqual([]);
	});

	it("cannot use the methods of the extension", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client);
		for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
			expect(await request(client, method, { taskId }, {}), method).toMatchObject({
				error: { code: -32021, data: { requiredCapabilities: { extensions: TASKS.extensions } } },
			});
		}
		held.release();
	});

	it("and a quick tool is answered in the call of every client", async () => {
		const answer = await request(await connect(), "tools/call", { name: "echo", arguments: { text: "hi" } });
		expect(answer).toMatchObject({ result: { resultType: "complete", structuredContent: { text: "hi" } } });
	});
});

describe("a task is not found", () => {
	it("by another user, by another client of its user, by a made-up id, and when it has expired", async () => {
		const email = `${crypto.randomUUID()}@example.com`;
		const owner = await connect(email);
		const { held, taskId } = await startHeld(owner);
		const others = { stranger: await connect(), otherApp: await connect(email) };
		const everyMethod = async (client: Client, id: string, what: string) => {
			expect(await get(client, id), what).toEqual(NOT_FOUND);
			expect(await update(client, id, {}), what).toEqual(NOT_FOUND);
			expect(await cancel(client, id), what).toEqual(NOT_FOUND);
		};
		for (const [what, client] of Object.entries(others)) await everyMethod(client, taskId, what);
		await everyMethod(owner, crypto.randomUUID(), "made up");
		expect(await statusOf(owner, taskId)).toBe("working");
		await execute(owner.user, "UPDATE tasks SET created = created - 86400000");
		await everyMethod(owner, taskId, "expired");
		await tidy(owner.user);
		expect(await rowsOf(owner.user, "tasks")).toEqual([]);
		await expect.poll(() => held.state).toBe("aborted");
	});

	it("with a token that may not use its tool any more", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client, "redraw");
		const narrow = await narrowed(client, ["tools"]);
		expect(await get(narrow, taskId)).toEqual(NOT_FOUND);
		expect(await statusOf(client, taskId)).toBe("working");
		held.release();
	});

	it("after its grant has ended, which stops its run", async () => {
		const client = await connect();
		const { held } = await startHeld(client);
		const body = new URLSearchParams({ token: client.refresh_token ?? "", client_id: client.client_id });
		expect((await fetchWorker(`${LOCAL}/token`, { method: "POST", body })).status).toBe(200);
		await expect.poll(() => held.state).toBe("aborted");
		expect(await rowsOf(client.user, "tasks")).toEqual([]);
	});
});

/** The same client with fewer scopes: it refreshes, and asks for some. */
async function narrowed(client: Client, scopes: string[]): Promise<Client> {
	const { refresh_token = "", client_id } = client;
	const scope = scopes.join(" ");
	const response = await oauthClient().token({ grant_type: "refresh_token", refresh_token, client_id, scope });
	expect(response.status).toBe(200);
	return { ...(await response.json<Client>()), client_id, user: client.user };
}

describe("tasks/cancel", () => {
	it("stops the run, and what the tool still answers is dropped", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client);
		expect(await cancel(client, taskId)).toEqual({ result: { resultType: "complete" } });
		expect(await statusOf(client, taskId)).toBe("cancelled");
		await expect.poll(() => held.state).toBe("aborted");
		const described = Object(await get(client, taskId)).result;
		expect(described.result).toBeUndefined();
		const calls = (await rowsOf(client.user, "user_history")).filter(({ event }) => event === "tool_call");
		expect(calls).toMatchObject([{ tool: "hold", outcome: "cancelled" }]);
		expect(await cancel(client, taskId)).toEqual({ result: { resultType: "complete" } });
	});
});

describe("a task that asks the user", () => {
	const accept = (content: Message) => ({ action: "accept", content });
	const questionsOf = async (client: Client, taskId: string) => {
		await expect.poll(() => statusOf(client, taskId)).toBe("input_required");
		return Object.keys(Object(await get(client, taskId)).result.inputRequests);
	};

	it("goes on when all of its questions are answered, one by one, also after eviction, with new keys in each round", async () => {
		const client = await connect();
		const { taskId } = await start(client, "plan", { who: "Ada" });
		const [city = "", days = ""] = await questionsOf(client, taskId);
		expect(await update(client, taskId, { [days]: accept({ days: 3 }), made: accept({}) })).toEqual({
			result: { resultType: "complete" },
		});
		await evict(client.user);
		expect(await questionsOf(client, taskId)).toEqual([city]);
		// An answer is given once.
		await update(client, taskId, { [days]: accept({ days: 30 }), [city]: accept({ city: "Lisbon" }) });
		await expect.poll(() => questionsOf(client, taskId)).not.toEqual([city]);
		const [sure = ""] = await questionsOf(client, taskId);
		await update(client, await refresh(client).then(() => taskId), { [sure]: accept({}) });
		await expect.poll(() => statusOf(client, taskId)).toBe("completed");
		expect(await get(client, taskId)).toMatchObject({
			result: { result: { content: [{ text: "Ada: 3 days in Lisbon." }] } },
		});
	});

	it("fails if its client cannot be asked", async () => {
		const client = await connect();
		const { elicitation: _, ...capabilities } = TASKS;
		const call = { name: "plan", arguments: { who: "Ada" } };
		const { taskId } = Object(await request(client, "tools/call", call, capabilities)).result;
		await expect.poll(() => statusOf(client, taskId)).toBe("failed");
		const message = "plan has to ask the user something, and your app said that it cannot.";
		expect(await get(client, taskId)).toMatchObject({ result: { error: { message } } });
	});

	it("takes no more than it can keep", async () => {
		const client = await connect();
		const { taskId } = await start(client, "plan", { who: "Ada" });
		const [city = ""] = await questionsOf(client, taskId);
		const large = await update(client, taskId, { [city]: accept({ city: "x".repeat(300_000) }) });
		expect(large).toMatchObject({ error: { code: -32602, message: expect.stringContaining("at most 256 KiB") } });
		expect(await questionsOf(client, taskId)).toContain(city);
	});
});

describe("a run that was cut short by a restart", () => {
	it("is repeated by the alarm if its tool is restartable", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client, "redraw");
		await restart(client.user);
		await tidy(client.user);
		await expect.poll(() => held.calls).toBe(2);
		held.release();
		await expect.poll(() => statusOf(client, taskId)).toBe("completed");
	});

	it("fails with a sentence if its tool is not", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client);
		await restart(client.user);
		const message = "hold was interrupted because the server restarted. Call it again.";
		expect(await get(client, taskId)).toMatchObject({ result: { status: "failed", error: { message } } });
		expect(held.calls).toBe(1);
	});

	it("fails after the third run", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client, "redraw");
		for (const calls of [2, 3]) {
			await restart(client.user);
			await tidy(client.user);
			await expect.poll(() => held.calls).toBe(calls);
		}
		await restart(client.user);
		expect(await statusOf(client, taskId)).toBe("failed");
		expect(held.calls).toBe(3);
	});

	it("fails if it needs the user's token at the identity provider", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client, "redraw");
		await execute(client.user, "UPDATE tasks SET call = json_set(call, '$.hasUpstream', json('true'))");
		await restart(client.user);
		await tidy(client.user);
		await expect.poll(() => held.calls).toBe(2);
		held.release();
		await expect.poll(() => statusOf(client, taskId)).toBe("failed");
		const message = "redraw was interrupted, and could not go on without a token of yours. Call it again.";
		expect(await get(client, taskId)).toMatchObject({ result: { error: { message } } });
	});

	it("fails if the grant has not got the scope any more", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client, "redraw");
		const narrow = "json_set(value, '$.scope', json('[\"tools\"]'))";
		await execute(client.user, `UPDATE grant_records SET value = ${narrow} WHERE name LIKE 'grant:%'`);
		await restart(client.user);
		await tidy(client.user);
		await expect.poll(() => statusOf(client, taskId)).toBe("failed");
		const message = expect.stringContaining('redraw needs the scope "images"');
		expect(await get(client, taskId)).toMatchObject({ result: { error: { message } } });
		expect(held.calls).toBe(1);
	});

	it("fails if the user has not got the permission any more", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client, "redraw");
		await restart(client.user);
		await replaceServer(client.user, { server: { ...server, permissions: {} } });
		await tidy(client.user);
		await expect.poll(() => statusOf(client, taskId)).toBe("failed");
		const message = expect.stringContaining('redraw needs the permission "image_generation"');
		expect(await get(client, taskId)).toMatchObject({ result: { error: { message } } });
		expect(held.calls).toBe(1);
	});

	it("fails if the identity provider does not claim the permission any more", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client, "redraw");
		const [, grantId = ""] = client.access_token.split(":");
		const told = [client.user, grantId, client.client_id, []];
		await userObjectOf(env, client.user).useKeeper("permissionsChanged", told);
		await restart(client.user);
		await tidy(client.user);
		await expect.poll(() => statusOf(client, taskId)).toBe("failed");
		expect(held.calls).toBe(1);
	});

	it("is gone with its grant", async () => {
		const client = await connect();
		const { held } = await startHeld(client, "redraw");
		await execute(client.user, "DELETE FROM grant_records WHERE name LIKE 'grant:%'");
		await restart(client.user);
		await tidy(client.user);
		expect(await rowsOf(client.user, "tasks")).toEqual([]);
		expect(held.calls).toBe(1);
	});
});

describe("the tasks of a user are bounded", () => {
	it("at 20 that have not ended, with a sentence for the model", async () => {
		const client = await connect();
		const held = newHold();
		const args = { name: held.name };
		for (let count = 0; count < 20; count++) await start(client, "hold", args);
		const refused = await request(client, "tools/call", { name: "hold", arguments: args });
		expect(refused).toMatchObject({
			result: { resultType: "complete", isError: true, content: [{ text: expect.stringContaining("20 tasks") }] },
		});
		held.release();
		await expect
			.poll(async () => (await rowsOf(client.user, "tasks")).map(({ status }) => status))
			.not.toContain("working");
		await start(client, "hold", args);
	});

	it("at 100 in all: those that ended first are deleted", async () => {
		const client = await connect();
		const { held, taskId } = await startHeld(client);
		held.release();
		await expect.poll(() => statusOf(client, taskId)).toBe("completed");
		const columns = "client, grant_id, tool, status, created, updated + n, runs, bytes, call, input, outcome";
		const numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 99)";
		await execute(client.user, `INSERT INTO tasks ${numbers} SELECT 'copy-' || n, ${columns} FROM tasks, numbers`);
		expect(await statusOf(client, taskId)).toBe("completed");
		const another = await startHeld(client);
		expect(await get(client, taskId)).toEqual(NOT_FOUND);
		expect(await statusOf(client, "copy-1")).toBe("completed");
		another.held.release();
	});

	it("in what is sent to them", async () => {
		const client = await connect();
		const refused = await request(client, "tools/call", { name: "hold", arguments: { name: "x".repeat(300_000) } });
		const content = [{ text: expect.stringContaining("at most 256 KiB") }];
		expect(refused).toMatchObject({ result: { isError: true, content } });
	});
});
