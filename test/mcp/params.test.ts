/** Parameters that do not fit, in every era: each row is also asked with parameters that do. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERAS, type Era, type EraClient, openEra } from "../support/eras.ts";
import { EventReader } from "../support/sse.ts";
import { error, type Message, nextMessage, readMessages } from "../support/wire.ts";
import { callTool, INITIALIZE, mcp, openSession, signIn } from "../support/worker.ts";

const STATELESS = "2026-07-28";
const WITH_SESSIONS = ERAS.filter((era) => era !== STATELESS);

type Row = {
	method: string;
	/** Without, the method takes none. */
	fits?: Message;
	misfits: [params: Message, sentence: string][];
	/** Those that have the method; the others do not know it, whatever its parameters. */
	eras?: readonly Era[];
};

const missing = (path: string, expected = "string") =>
	`Invalid params: ${path}: expected ${expected}, received undefined`;
const PAGES = "Invalid params: cursor: this server gave out no such cursor, since its lists have one page";
const tooLong = (path: string, limit: number) => `Invalid params: ${path}: expected at most ${limit} characters`;
const LONG = "x".repeat(300_000);
const hello = { text: "hello" };
const prompt = "recite";
const ofPrompt = { type: "ref/prompt", name: prompt };
const what = { name: "what", value: "m" };

const ROWS: Row[] = [
	{
		method: "tools/list",
		misfits: [
			[{ cursor: 5 }, "Invalid params: cursor: expected string, received number"],
			[{ cursor: null }, "Invalid params: cursor: expected string, received null"],
			[{ cursor: "made up" }, PAGES],
			[{ cursor: "" }, PAGES],
			[{ cursor: LONG }, PAGES],
		],
	},
	...["prompts/list", "resources/list", "resources/templates/list"].map((method) => ({
		method,
		misfits: [
			[{ cursor: {} }, "Invalid params: cursor: expected string, received object"],
			[{ cursor: "made up" }, PAGES],
		] satisfies Row["misfits"],
	})),
	{
		method: "tools/call",
		fits: { name: "echo", arguments: hello },
		misfits: [
			[{}, missing("name")],
			[{ name: 5, arguments: hello }, "Invalid params: name: expected string, received number"],
			[{ name: "echo", arguments: "x" }, "Invalid params: arguments: expected object, received string"],
			[{ name: "echo", arguments: null }, "Invalid params: arguments: expected object, received null"],
			[{ name: "echo", arguments: [1] }, "Invalid params: arguments: expected object, received array"],
			[{ name: "__proto__", arguments: hello }, "Tool __proto__ not found"],
			[{ name: "constructor", arguments: hello }, "Tool constructor not found"],
			[{ name: "toString" }, "Tool toString not found"],
			[{ name: LONG }, tooLong("name", 256)],
			[
				{ name: "echo", arguments: hello, _meta: { progressToken: {} } },
				"Invalid params: _meta.progressToken: expected string or number",
			],
		],
	},
	{
		method: "prompts/get",
		fits: { name: prompt },
		misfits: [
			[{ arguments: null }, `${missing("name")}; arguments: expected object, received null`],
			[{ name: prompt, arguments: null }, "Invalid params: arguments: expected object, received null"],
			[{ name: prompt, arguments: { what: 7 } }, "Invalid params: arguments.what: expected string, received number"],
			[{ name: "hasOwnProperty" }, "Prompt hasOwnProperty not found"],
			[{ name: "__proto__" }, "Prompt __proto__ not found"],
			[{ name: LONG }, tooLong("name", 256)],
		],
	},
	{
		method: "resources/read",
		fits: { uri: "items://1" },
		misfits: [
			[{}, missing("uri")],
			[{ uri: { toString: 1, valueOf: 1 } }, "Invalid params: uri: expected string, received object"],
			[{ uri: `items://${LONG}` }, tooLong("uri", 8192)],
		],
	},
	{
		method: "completion/complete",
		fits: { ref: ofPrompt, argument: what },
		misfits: [
			[{}, `Invalid params: ref: expected object; argument: expected object, received undefined`],
			[{ ref: { type: "fly" }, argument: what }, 'Invalid params: ref.type: expected "ref/prompt" or "ref/resource"'],
			[{ ref: { type: "ref/prompt" }, argument: what }, missing("ref.name")],
			[{ ref: ofPrompt, argument: { name: "what" } }, missing("argument.value")],
			[{ ref: { ...ofPrompt, name: "valueOf" }, argument: what }, "Prompt valueOf not found"],
			[
				{ ref: { type: "ref/resource", uri: "constructor" }, argument: what },
				"Resource template constructor not found",
			],
			[{ ref: { ...ofPrompt, name: LONG }, argument: what }, tooLong("ref.name", 256)],
		],
	},
	{
		method: "logging/setLevel",
		eras: WITH_SESSIONS,
		fits: { level: "warning" },
		misfits: [
			[
				{},
				'Invalid params: level: expected one of "debug"|"info"|"notice"|"warning"|"error"|"critical"|"alert"|"emergency"',
			],
			[
				{ level: "verbose" },
				'Invalid params: level: expected one of "debug"|"info"|"notice"|"warning"|"error"|"critical"|"alert"|"emergency"',
			],
		],
	},
	...["resources/subscribe", "resources/unsubscribe"].map((method) => ({
		method,
		eras: WITH_SESSIONS,
		fits: { uri: "items://1" },
		misfits: [
			[{ uri: 1 }, "Invalid params: uri: expected string, received number"],
			[{ uri: `items://${LONG}` }, tooLong("uri", 8192)],
		] satisfies Row["misfits"],
	})),
	{ method: "server/discover", eras: [STATELESS], misfits: [] },
	{
		method: "subscriptions/listen",
		eras: [STATELESS],
		misfits: [[{ notifications: 5 }, "Invalid params: notifications: expected object, received number"]],
	},
];

const CASES = ROWS.flatMap(({ misfits, ...row }) =>
	misfits.map(([params, sentence]) => ({ ...row, params, sentence })),
);

/** What no client of the SDK sends, so that it is posted as it is. */
const MISSHAPEN: [params: unknown, sentence: string][] = [
	[[], "Invalid params: params: expected object, received array"],
	["x", "Invalid params: params: expected object, received string"],
	[null, "Invalid params: params: expected object, received null"],
	[{ _meta: 5 }, "Invalid params: _meta: expected object, received number"],
	[{ _meta: { progressToken: 1.5 } }, "Invalid params: _meta.progressToken: expected string or integer"],
];

let token = "";
const clients = new Map<Era, EraClient>();

function clientOf(era: Era): EraClient {
	const client = clients.get(era);
	if (!client) throw new Error(`No client of ${era}`);
	return client;
}

beforeAll(async () => {
	({ access_token: token } = await signIn({ resource: null }));
	for (const era of ERAS) clients.set(era, await openEra(era, { token }));
});

afterAll(async () => {
	for (const client of clients.values()) await client.close();
});

describe.each(ERAS)("in %s", (era) => {
	const isKnown = ({ eras = ERAS }: Pick<Row, "eras">) => eras.includes(era);

	it.each(ROWS.filter((row) => isKnown(row) && row.method !== "subscriptions/listen"))(
		"$method takes parameters that fit",
		async ({ method, fits }) => {
			expect(await clientOf(era).request(method, fits)).toHaveProperty("result");
		},
	);

	it.each(CASES.filter(isKnown))("$method: $sentence", async ({ method, params, sentence }) => {
		expect(await clientOf(era).request(method, params)).toEqual(error(-32602, sentence));
	});

	it.each(CASES.filter((row) => !isKnown(row)))("$method does not exist", async ({ method, params }) => {
		expect(await clientOf(era).request(method, params)).toMatchObject({ error: { code: -32601 } });
	});

	it.each(MISSHAPEN)("params of %j are told what was expected", async (params, sentence) => {
		for (const method of ["tools/list", "resources/templates/list", "tools/fly"]) {
			const answer = await clientOf(era).ask({ jsonrpc: "2.0", id: `of ${method}`, method, params });
			expect(answer).toEqual({ jsonrpc: "2.0", id: `of ${method}`, ...error(-32602, sentence) });
		}
	});
});

describe("a malformed initialize", () => {
	const NONE = `${missing("protocolVersion")}; capabilities: expected object, received undefined; clientInfo: expected object, received undefined`;
	const { params } = INITIALIZE;
	const ROWS: [what: string, params: unknown, sentence: string][] = [
		["without parameters", undefined, missing("params", "object")],
		["without any of them", {}, NONE],
		["without a version", { ...params, protocolVersion: undefined }, missing("protocolVersion")],
		["without capabilities", { ...params, capabilities: undefined }, missing("capabilities", "object")],
		["without a name", { ...params, clientInfo: { version: "1" } }, missing("clientInfo.name")],
	];

	it.each(ROWS)("%s is told so at /mcp, with and without a session", async (_what, params, sentence) => {
		const session = await openSession(token);
		for (const given of [undefined, session]) {
			const response = await mcp({ ...INITIALIZE, id: "first", params }, { token, session: given });
			expect(response.status).toBe(400);
			expect(await response.json()).toEqual({ jsonrpc: "2.0", id: "first", ...error(-32602, sentence) });
		}
	});

	it.each(ROWS)("%s is told so at /sse, and may try again", async (_what, params, sentence) => {
		const events = new EventReader(await mcp(null, { method: "GET", path: "/sse", token }));
		const path = (await events.next())?.data ?? "";
		expect((await mcp({ ...INITIALIZE, id: 3, params }, { token, path })).status).toBe(202);
		expect(await nextMessage(events)).toEqual({ jsonrpc: "2.0", id: 3, ...error(-32602, sentence) });
		await mcp(INITIALIZE, { token, path });
		expect(await nextMessage(events)).toMatchObject({ id: 0, result: {} });
		await events.close();
	});
});

describe("where nobody waits for an answer", () => {
	it.each(["notifications/cancelled", "notifications/progress", "notifications/fly"])(
		"%s is dropped when its parameters do not fit",
		async (method) => {
			const session = await openSession(token);
			for (const params of [5, [], { _meta: 5 }, { requestId: {}, progressToken: {} }]) {
				const response = await mcp({ jsonrpc: "2.0", method, params }, { token, session });
				expect([response.status, await response.text()]).toEqual([202, ""]);
			}
			expect((await readMessages(await mcp(callTool("echo", hello), { token, session })))[0]).toHaveProperty("result");
		},
	);
});

describe("a batch", () => {
	it("is answered request by request", async () => {
		const headers = { "MCP-Protocol-Version": "2025-03-26" };
		const session = await openSession(token);
		const list = (id: unknown, params: unknown) => ({ jsonrpc: "2.0", id, method: "tools/list", params });
		const misfits = [list("a", { cursor: 5 }), list("b", 5)];
		const errors = ["a", "b"].map((id) =>
			expect.objectContaining({ id, error: expect.objectContaining({ code: -32602 }) }),
		);
		const note = { jsonrpc: "2.0", method: "notifications/initialized" };

		const some = await mcp([list("c", {}), ...misfits, { ...note, params: 5 }], { token, session, headers });
		const good = expect.objectContaining({ id: "c", result: expect.anything() });
		const answers = await readMessages(some);
		expect(answers).toHaveLength(3);
		expect(answers).toEqual(expect.arrayContaining([...errors, good]));

		expect(await readMessages(await mcp(misfits, { token, session, headers }))).toEqual(errors);
		expect(await readMessages(await mcp([...misfits, note], { token, session, headers }))).toEqual(errors);
		expect((await mcp([note, { ...note, params: 5 }], { token, session, headers })).status).toBe(202);
	});
});
