/** A call that does not end is ended, in every era; and nothing is left of it. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { secondsFor } from "../../src/mcp/deadline.ts";
import { definePrompt } from "../../src/mcp/define/prompt.ts";
import { defineResource } from "../../src/mcp/define/resource.ts";
import type { DefinedServer } from "../../src/mcp/define/server.ts";
import { defineTool } from "../../src/mcp/define/tool.ts";
import { createWorker } from "../../src/worker.ts";
import { server as fixture } from "../support/fixture/server.ts";
import { ANNOTATIONS as annotations } from "../support/fixture/shared.ts";
import { replaceServer, type ServerSettings, userOf } from "../support/objects.ts";
import type { Fetch } from "../support/person.ts";
import { SseSession } from "../support/sse-session.ts";
import { stateless } from "../support/stateless.ts";
import { type Incoming, type Message, messagesOf, readAnswer } from "../support/wire.ts";
import { askTool, callTool, mcp, openSession, signIn, type ToolAnswer } from "../support/worker.ts";

const SECOND = 1000;
const forever = () => new Promise<never>(() => {});

/** How many calls of the tool `hang` have begun. */
let hanging = 0;

const hang = defineTool({
	name: "hang",
	title: "Hang",
	description: "Never ends, whatever its signal says.",
	scope: "tools",
	timeoutSeconds: 1,
	annotations,
	input: z.object({}),
	async run() {
		hanging++;
		return forever();
	},
});

/** What the signal of a call said. */
const reasons: unknown[] = [];

const stubborn = defineTool({
	name: "stubborn",
	title: "Stubborn",
	description: "Talks on when it is told to stop, and then fails.",
	scope: "tools",
	timeoutSeconds: 1,
	annotations,
	input: z.object({}),
	async run(_args, { signal, progress, request }) {
		await progress(1, 3, "In time");
		await new Promise((resolve) => signal.addEventListener("abort", resolve));
		reasons.push(signal.reason, request.signal.reason);
		await progress(2, 3, "Too late");
		await request.log("error", "Too late");
		await request.notify({ method: "notifications/message", params: { level: "error", data: "Too late" } });
		throw new Error("It failed when nobody listened any more");
	},
});

const obedient = defineTool({
	name: "obedient",
	title: "Obedient",
	description: "Answers as soon as it is told to stop.",
	scope: "tools",
	timeoutSeconds: 1,
	annotations,
	input: z.object({}),
	run: (_args, { signal }) =>
		new Promise<{ content: [] }>((resolve) => signal.addEventListener("abort", () => resolve({ content: [] }))),
});

const slow = { title: "Slow", description: "Takes longer than anybody waits.", scope: "tools" } as const;
const statue = defineResource({
	...slow,
	name: "statue",
	mimeType: "text/plain",
	uri: "file:///statue/{id}",
	read: forever,
	list: forever,
	complete: { id: forever },
});
const essay = definePrompt({ ...slow, name: "essay", args: z.object({}), messages: forever });

const SLOW = {
	tools: [hang, stubborn, obedient, ...fixture.catalogue.tools],
	resources: [statue],
	prompts: [essay],
	skills: [],
};
const slowServer: DefinedServer = { ...fixture, catalogue: SLOW };
const { handler } = createWorker(slowServer);

/** The Worker with other settings, and with what never ends. */
const workerWith =
	(settings: ServerSettings = {}): Fetch =>
	async (url, init) =>
		handler.fetch(new Request(url, init), { ...env, ...settings }, createExecutionContext());
const via = workerWith();

/** Signs somebody new in, whose object works with other settings, too, and offers what never ends. */
async function signInHere(settings: ServerSettings = {}, server = slowServer): Promise<string> {
	const { access_token: token } = await signIn({ email: `${crypto.randomUUID()}@example.com`, resource: null });
	await replaceServer(userOf(token), { server, settings });
	return token;
}

type Request = { readonly method: string; readonly params: Message };
type Connection = {
	/** Asks all at once. @returns the answers, in the order of the questions */
	ask(requests: readonly Request[]): Promise<Incoming[]>;
	close?(): Promise<void>;
};

const numbered = ({ method, params }: Request, id: number) => ({ jsonrpc: "2.0", id, method, params });

async function connectSession(settings?: ServerSettings): Promise<Connection> {
	const token = await signInHere(settings);
	const session = await openSession(token);
	const options = { token, session, via: workerWith(settings), catalogue: SLOW };
	const ask = async (request: Request, id: number) =>
		readAnswer(messagesOf(await mcp(numbered(request, id), options)), id, forever);
	return { ask: (requests) => Promise.all(requests.map(ask)) };
}

async function connectSse(settings?: ServerSettings): Promise<Connection> {
	const token = await signInHere(settings);
	const sse = await SseSession.open(token);
	const options = { path: sse.endpoint, token, via, catalogue: SLOW };
	return {
		async ask(requests) {
			await Promise.all(requests.map((request, id) => mcp(numbered(request, id), options)));
			const answers: Incoming[] = [];
			for (const _request of requests) answers.push(await sse.receive());
			return answers.sort((one, other) => Number(one.id) - Number(other.id));
		},
		close: () => sse.close(),
	};
}

async function connectStateless(): Promise<Connection> {
	const token = await signInHere();
	const ask = async ({ method, params }: Request, id: number) => {
		const { headers, message } = stateless(method, params, {}, id);
		return messagesOf(await mcp(message, { token, headers, via, catalogue: SLOW }))();
	};
	return { ask: (requests) => Promise.all(requests.map(ask)) };
}

let printed: unknown[] = [];

/** The lines of the log with an event of this name. */
function logged(event: string): object[] {
	const lines = printed.map(String).filter((line) => line.includes(`"${event}"`));
	return lines.map((line) => JSON.parse(line));
}

beforeEach(() => {
	printed = [];
	for (const level of ["log", "error"] as const) {
		vi.spyOn(console, level).mockImplementation((line: unknown) => void printed.push(line));
	}
});
afterEach(() => vi.restoreAllMocks());

const SENTENCE = /^(\w+) was stopped because it reached its time limit of 1 s\. .* mention request ID (\S+)\.$/;

const CONNECTIONS = [
	["in a session", connectSession],
	["at /sse", connectSse],
	["without a session", connectStateless],
] as const;

it.each(CONNECTIONS)(
	"a tool that does not end in time is answered for, and the log says so: %s",
	async (_where, connect) => {
		const tools = ["hang", "stubborn", "obedient"];
		const connection = await connect();
		const calls = tools.map((name) => ({ method: "tools/call", params: { name, arguments: {} } }));
		const answers = await connection.ask(calls);
		for (const [index, tool] of tools.entries()) {
			const { isError, content } = (answers[index]?.result ?? {}) as Message & ToolAnswer;
			expect(isError).toBe(true);
			const [, name, requestId] = SENTENCE.exec(content[0]?.text ?? "") ?? [];
			expect(name).toBe(tool);
			expect(logged("tool_call")).toContainEqual(expect.objectContaining({ tool, outcome: "timeout", requestId }));
			expect(logged(`tool_${tool}_failed`)).toEqual([]);
		}
		expect(logged("tool_call")).toHaveLength(tools.length);
		await connection.close?.();
	},
);

describe("at its deadline a call", () => {
	it("is told so by its signal; what it says and throws after that is dropped", async () => {
		reasons.length = 0;
		const unhandled = vi.fn((event: Event) => event.preventDefault());
		globalThis.addEventListener("unhandledrejection", unhandled);
		const token = await signInHere();
		const sse = await SseSession.open(token);
		const call = callTool("stubborn", {}, 1);
		const params = { ...Object(call.params), _meta: { progressToken: "so-far" } };
		await mcp({ ...call, params }, { path: sse.endpoint, token, via, catalogue: SLOW });
		expect(await sse.receive()).toMatchObject({ params: { message: "In time" } });
		expect(await sse.receive()).toMatchObject({ id: 1, result: { isError: true } });
		await sse.post(callTool("echo", { text: "hello" }, 2));
		expect(await sse.receive()).toMatchObject({ id: 2 });
		expect(reasons).toEqual(Array(2).fill(expect.objectContaining({ name: "TimeoutError" })));
		expect(unhandled).not.toHaveBeenCalled();
		globalThis.removeEventListener("unhandledrejection", unhandled);
		await sse.close();
	});

	it("has no timer left, and neither has one that ended before", async () => {
		const set = vi.spyOn(globalThis, "setTimeout");
		const cleared = vi.spyOn(globalThis, "clearTimeout");
		const token = await signInHere();
		await askTool("echo", { text: "hello" }, { token, session: await openSession(token) });
		const timers = set.mock.results.filter((_result, index) => set.mock.calls[index]?.[1] === 60 * SECOND);
		expect(timers).toHaveLength(1);
		expect(cleared).toHaveBeenCalledWith(timers[0]?.value);
	});
});

const ref = { type: "ref/resource", uri: "file:///statue/{id}" };
const UNENDING: [name: string, Request][] = [
	["essay", { method: "prompts/get", params: { name: "essay" } }],
	["statue", { method: "resources/read", params: { uri: "file:///statue/1" } }],
	["statue", { method: "resources/list", params: {} }],
	["statue", { method: "completion/complete", params: { ref, argument: { name: "id", value: "" } } }],
];

it.each(CONNECTIONS.slice(0, 2))(
	"what else does not end in time is an error that the log has, too: %s",
	async (_where, connect) => {
		const connection = await connect({ CALL_TIMEOUT_SECONDS: "1" });
		const answers = await connection.ask(UNENDING.map(([, request]) => request));
		for (const [index, [name, { method }]] of UNENDING.entries()) {
			const { error } = answers[index] ?? {};
			expect(error?.code, method).toBe(-32603);
			const [, told, requestId] = SENTENCE.exec(error?.message ?? "") ?? [];
			expect(told).toBe(name);
			expect(logged(`${name}_timeout`)).toContainEqual(expect.objectContaining({ requestId }));
		}
		await connection.close?.();
	},
);

it("a user whose calls all hang gets an answer to each, and to every other call meanwhile", async () => {
	const tools = [{ ...hang, long: true as const, timeoutSeconds: 3 }, ...fixture.catalogue.tools];
	const lasting: DefinedServer = { ...slowServer, catalogue: { ...SLOW, tools } };
	const token = await signInHere({}, lasting);
	const session = await openSession(token);
	const patient = createWorker(lasting).handler;
	const fetchPatient: Fetch = async (url, init) => patient.fetch(new Request(url, init), env, createExecutionContext());
	const options = { token, session, via: fetchPatient, catalogue: SLOW };
	hanging = 0;
	const calls = Array.from({ length: 64 }, (_, id) => mcp(callTool("hang", {}, id), options));
	await expect.poll(() => hanging).toBe(64);
	expect((await askTool("echo", { text: "hello" }, options)).structuredContent).toEqual({ text: "hello" });
	for (const call of calls) expect(await (await call).text()).toContain("its time limit of 3 s");
	expect(await (await mcp(callTool("hang", {}, 65), options)).text()).toContain("its time limit of 3 s");
});

describe("the time that a call may take", () => {
	it.each([
		["60 s", {}, {}, 60],
		["300 s if it is long", { long: true as const }, {}, 300],
		["what the setting says", {}, { CALL_TIMEOUT_SECONDS: "7", LONG_CALL_TIMEOUT_SECONDS: "8" }, 7],
		["what the setting for long ones says", { long: true as const }, { LONG_CALL_TIMEOUT_SECONDS: "8" }, 8],
		["what the tool says", { long: true as const, timeoutSeconds: 9 }, { LONG_CALL_TIMEOUT_SECONDS: "8" }, 9],
	])("is %s", (_what, timed, settings, seconds) => {
		expect(secondsFor(timed, settings)).toBe(seconds);
	});
});
