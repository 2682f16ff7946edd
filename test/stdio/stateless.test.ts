/** The era without sessions (2026-07-28) in front of a child of the 2025 era. */
import { expect, it } from "vitest";
import { type Incoming, readMessages } from "../support/wire.ts";
import { type App, appOf, eventually, type Message, newApp, textOf } from "./app.ts";
import type { Connection } from "./connection.ts";
import { childCommand, useStdio } from "./door.ts";
import { isRunning } from "./processes.ts";

const CAPABILITIES = { roots: {}, elicitation: {}, sampling: {} };

const stdio = useStdio({ command: childCommand("fake") });

/** Calls a tool as a client that can be asked everything. */
const call = (app: App, name: string, more: Message = {}) => app.callStateless(name, {}, more, CAPABILITIES);

/** Answers the questions of a reply. */
function answered({ result }: Incoming, answers: Record<string, object>): Message {
	const entries = Object.entries(result?.inputRequests ?? {}).flatMap(([key, { method }]) =>
		answers[method] === undefined ? [] : [[key, answers[method]]],
	);
	return { requestState: result?.requestState, inputResponses: Object.fromEntries(entries) };
}

const questionsOf = ({ result }: Incoming) => Object.values(result?.inputRequests ?? {});

/** Begins a call that goes on until it is cancelled. */
async function hang(app: App, pid: number): Promise<Connection> {
	const connection = app.connectStateless("tools/call", { name: "hang", arguments: {} });
	await eventually(() => expect(stdio.stderrOf(pid)).toContain("hangs"));
	return connection;
}

it.concurrent("a client has one child for all requests, and it is nobody else's", async () => {
	const ada = await appOf(stdio, "ada@example.com");
	const others = [await appOf(stdio, "ada@example.com"), await appOf(stdio, "bob@example.com")];
	const pids = await Promise.all([ada, ada, ...others].map((app) => app.pidStateless()));
	expect(pids[1]).toBe(pids[0]);
	expect(new Set(pids).size).toBe(3);
	const { env } = JSON.parse(textOf(await ada.callStateless("environment")));
	expect(env).toMatchObject({ MCP_USER_ID: "local-ada@example.com", MCP_USER_PERMISSIONS: "stdio" });
});

it.concurrent("a child of sessions is no child of requests without one", async () => {
	const app = await newApp(stdio);
	const session = await app.open();
	expect(await app.pidStateless()).not.toBe(await session.pid());
});

it.concurrent("a client is told of progress before the answer, also in one breath", async () => {
	const app = await newApp(stdio);
	const params = { name: "count", arguments: {}, _meta: { progressToken: "token" } };
	const messages = await readMessages(await app.stateless("tools/call", params));
	const steps = [1, 2, 3].map((progress) => ({ params: { progress, progressToken: "token" } }));
	expect(messages).toMatchObject([...steps, { id: 1 }]);
});

it.concurrent("a client is asked all that the child asks at once, and comes back with the answers", async () => {
	const app = await newApp(stdio);
	const asked = await call(app, "askTwice");
	expect(asked.result?.resultType).toBe("input_required");
	expect(questionsOf(asked).map(({ method }) => method)).toEqual(["roots/list", "elicitation/create"]);
	const more = answered(asked, { "roots/list": { roots: [] }, "elicitation/create": { action: "decline" } });
	expect(textOf(await call(app, "askTwice", more))).toBe('[{"roots":[]},{"action":"decline"}]');
});

it.concurrent("a client is asked again for what was not answered", async () => {
	const app = await newApp(stdio);
	const asked = await call(app, "askTwice");
	const again = await call(app, "askTwice", answered(asked, { "roots/list": { roots: [] } }));
	expect(questionsOf(again)).toMatchObject([{ method: "elicitation/create" }]);
	const more = answered(again, { "elicitation/create": { action: "cancel" } });
	expect(textOf(await call(app, "askTwice", more))).toContain('{"action":"cancel"}');
});

it.concurrent("a client is asked to have its user visit a page, and calls again", async () => {
	const app = await newApp(stdio);
	const capabilities = { elicitation: { url: {} } };
	const asked = await app.callStateless("visit", {}, {}, capabilities);
	const page = { mode: "url", message: "Sign in", url: "https://example.com/" };
	expect(questionsOf(asked)).toEqual([{ method: "elicitation/create", params: page }]);
	const more = answered(asked, { "elicitation/create": { action: "accept" } });
	expect(textOf(await app.callStateless("visit", {}, more, capabilities))).toBe("welcome");
});

it.concurrent("a client that cannot be asked to visit a page gets the error", async () => {
	expect(await (await newApp(stdio)).callStateless("visit")).toMatchObject({ error: { message: "Sign in first" } });
});

it.concurrent("a client that cannot be asked is not: the child hears of it", async () => {
	expect(textOf(await (await newApp(stdio)).callStateless("ask"))).toContain("does not support roots/list");
});

it.concurrent("a question is answered by nobody but the client that was asked, and once", async () => {
	const [app, eve] = [await newApp(stdio), await newApp(stdio)];
	const more = answered(await call(app, "ask"), { "roots/list": { roots: [] } });
	const refused = { error: { code: -32602, message: expect.stringContaining("not waiting") } };
	expect(await call(eve, "ask", more)).toMatchObject(refused);
	expect(textOf(await call(app, "ask", more))).toBe('[{"roots":[]}]');
	expect(await call(app, "ask", more)).toMatchObject(refused);
});

it.concurrent("a client that hangs up cancels the call, and its child stays", async () => {
	const app = await newApp(stdio);
	const pid = await app.pidStateless();
	(await hang(app, pid)).reset();
	await eventually(() => expect(stdio.stderrOf(pid).some((line) => line.startsWith("cancelled"))).toBe(true));
	expect(await app.pidStateless()).toBe(pid);
});

it.concurrent("a client may get several megabytes", async () => {
	const bytes = 4 * 1024 * 1024;
	expect(textOf(await (await newApp(stdio)).callStateless("big", { bytes }))).toHaveLength(bytes);
});

it.concurrent("a client hears that a child has died in mid-call, and gets another", async () => {
	const app = await newApp(stdio);
	const pid = await app.pidStateless();
	const { response } = await hang(app, pid);
	const message = "The MCP server ended (exit code 3). Try again.";
	expect(await app.callStateless("exit", { code: 3 })).toMatchObject({ id: 1, error: { code: -32000, message } });
	expect(await (await response).text()).toContain(message);
	const next = await app.pidStateless();
	expect([next === pid, isRunning(pid)]).toEqual([false, false]);
});

it.concurrent("a client finds out what there is", async () => {
	const app = await newApp(stdio);
	const [discovered] = await readMessages(await app.stateless("server/discover"));
	expect(discovered).toMatchObject({ result: { capabilities: { tools: {} }, supportedVersions: expect.any(Array) } });
	const [listed] = await readMessages(await app.stateless("tools/list"));
	expect(listed?.result?.tools).toContainEqual(expect.objectContaining({ name: "askTwice" }));
});
