/** The era without sessions in front of a child of the 2025 era. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	type Bridge,
	type BridgeOptions,
	bridgeForTest,
	childCommand,
	isRunning,
	startBridge,
	waitFor,
} from "./bridge.ts";
import { messagesOf, send } from "./raw.ts";

const CAPABILITIES = { roots: {}, elicitation: {}, sampling: {} };

type Reply = {
	id?: unknown;
	result?: {
		resultType?: string;
		requestState?: string;
		inputRequests?: Record<string, { method: string }>;
		content?: { text: string }[];
	};
	error?: { code: number; message: string };
};
type Options = {
	user?: string;
	method?: string;
	capabilities?: object;
	progressToken?: string;
	more?: object;
	signal?: AbortSignal;
};

let bridge: Bridge;
const start = async (options: BridgeOptions = {}) => {
	bridge = await bridgeForTest({ command: childCommand("fake"), ...options });
};

function post(name: string, args: object, options: Options = {}): Promise<Response> {
	const {
		user = "raw",
		method = "tools/call",
		capabilities = CAPABILITIES,
		progressToken,
		more = {},
		signal,
	} = options;
	const _meta = {
		"io.modelcontextprotocol/protocolVersion": "2026-07-28",
		"io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
		"io.modelcontextprotocol/clientCapabilities": capabilities,
		...(progressToken && { progressToken }),
	};
	const body = { jsonrpc: "2.0", id: 1, method, params: { name, arguments: args, _meta, ...more } };
	const headers = { "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, "Mcp-Name": name };
	return send(bridge.origin, body, { user, headers, ...(signal && { signal }) });
}

async function call(name: string, args: object = {}, options: Options = {}): Promise<Reply> {
	const response = await post(name, args, options);
	const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
	return isStream ? ((await messagesOf(response)).at(-1) as Reply) : await response.json();
}

const textOf = ({ result }: Reply) => result?.content?.[0]?.text ?? "";
const pidOf = async (user: string) => JSON.parse(textOf(await call("environment", {}, { user }))).pid;

/** Answers the questions of a reply. */
function answered({ result }: Reply, answers: Record<string, object>): Options["more"] {
	const entries = Object.entries(result?.inputRequests ?? {}).map(([key, { method }]) => [key, answers[method]]);
	return { requestState: result?.requestState, inputResponses: Object.fromEntries(entries) };
}

describe("a user", () => {
	beforeAll(async () => {
		bridge = await startBridge({ command: childCommand("fake") });
	});
	afterAll(() => bridge.stop());

	it("has one child for all requests, and it is nobody else's", async () => {
		const [ada, adaAgain, bob] = [await pidOf("ada"), await pidOf("ada"), await pidOf("bob")];
		expect(adaAgain).toBe(ada);
		expect(bob).not.toBe(ada);
		const { env } = JSON.parse(textOf(await call("environment", {}, { user: "ada" })));
		expect(env.MCP_USER_ID).toBe("ada");
	});

	it("is told of progress before the answer, also in one breath", async () => {
		const messages = await messagesOf(await post("count", {}, { progressToken: "token" }));
		const steps = [1, 2, 3].map((progress) => ({ params: { progress, progressToken: "token" } }));
		expect(messages).toMatchObject([...steps, { id: 1 }]);
	});

	it("is asked all that the child asks at once, and comes back with the answers", async () => {
		const asked = await call("askTwice");
		expect(asked.result?.resultType).toBe("input_required");
		const methods = Object.values(asked.result?.inputRequests ?? {}).map(({ method }) => method);
		expect(methods).toEqual(["roots/list", "elicitation/create"]);
		const more = answered(asked, { "roots/list": { roots: [] }, "elicitation/create": { action: "decline" } });
		expect(textOf(await call("askTwice", {}, { more }))).toBe('[{"roots":[]},{"action":"decline"}]');
	});

	it("is asked again for what was not answered", async () => {
		const asked = await call("askTwice");
		const again = await call("askTwice", {}, { more: answered(asked, { "roots/list": { roots: [] } }) });
		expect(Object.values(again.result?.inputRequests ?? {})).toMatchObject([{ method: "elicitation/create" }]);
		const more = answered(again, { "elicitation/create": { action: "cancel" } });
		expect(textOf(await call("askTwice", {}, { more }))).toContain('{"action":"cancel"}');
	});

	it("is asked to visit a page, and calls again", async () => {
		const user = "visitor";
		const capabilities = { elicitation: { url: {} } };
		const asked = await call("visit", {}, { user, capabilities });
		const page = { mode: "url", message: "Sign in", url: "https://example.com/" };
		const [question] = Object.values(asked.result?.inputRequests ?? {});
		expect(question).toEqual({ method: "elicitation/create", params: page });
		const more = answered(asked, { "elicitation/create": { action: "accept" } });
		expect(textOf(await call("visit", {}, { user, capabilities, more }))).toBe("welcome");
	});

	it("who cannot be asked to visit a page gets the error", async () => {
		expect(await call("visit", {}, { user: "other" })).toMatchObject({ error: { message: "Sign in first" } });
	});

	it("who cannot be asked is not: the child hears of it", async () => {
		expect(textOf(await call("ask", {}, { capabilities: {} }))).toContain("does not support roots/list");
	});

	it("cannot answer for somebody else, nor twice", async () => {
		const more = answered(await call("ask"), { "roots/list": { roots: [] } });
		const refused = { error: { code: -32602, message: expect.stringContaining("not waiting") } };
		expect(await call("ask", {}, { more, user: "eve" })).toMatchObject(refused);
		expect(textOf(await call("ask", {}, { more }))).toBe('[{"roots":[]}]');
		expect(await call("ask", {}, { more })).toMatchObject(refused);
	});

	it("who hangs up cancels the call", async () => {
		const gone = new AbortController();
		const response = post("hang", {}, { signal: gone.signal });
		await bridge.event("child_stderr", ({ line }) => line === "hangs");
		gone.abort();
		await expect(response).rejects.toThrow("abort");
		await bridge.event("child_stderr", ({ line }) => String(line).startsWith("cancelled"));
	});

	it("may get several megabytes", async () => {
		const bytes = 8 * 1024 * 1024;
		expect(textOf(await call("big", { bytes }))).toHaveLength(bytes);
	});

	it("hears that a child has died, and gets another", async () => {
		const pid = await pidOf("raw");
		const message = "The MCP server ended (exit code 3). Try again.";
		expect(await call("exit", { code: 3 })).toMatchObject({ id: 1, error: { code: -32000, message } });
		expect(await pidOf("raw")).not.toBe(pid);
	});
});

describe("the bridge", () => {
	it("gives a call up whose client does not come back", async () => {
		await start({ flags: ["--input-seconds", "0.2"] });
		const more = answered(await call("ask"), { "roots/list": { roots: [] } });
		await bridge.event("child_stderr", ({ line }) => String(line).startsWith("cancelled"));
		expect(await call("ask", {}, { more })).toMatchObject({ error: { code: -32602 } });
	});

	it("ends a child that nobody uses", async () => {
		await start({ flags: ["--stateless-idle-seconds", "0.2"] });
		const pid = await pidOf("raw");
		await waitFor("the child to end", () => !isRunning(pid));
		expect(await pidOf("raw")).not.toBe(pid);
	});

	it("ends a child whose client has hung up", async () => {
		await start({ flags: ["--stateless-idle-seconds", "0.2"] });
		const gone = new AbortController();
		const response = post("hang", {}, { signal: gone.signal });
		await bridge.event("child_stderr", ({ line }) => line === "hangs");
		gone.abort();
		await expect(response).rejects.toThrow("abort");
		await bridge.event("child_end");
	});

	it("counts such children among the sessions", async () => {
		await start({ flags: ["--max-sessions", "1"] });
		await pidOf("ada");
		expect((await post("environment", {}, { user: "bob" })).status).toBe(503);
	});

	it.each([
		["cannot be started", ["/nowhere/to-be-found"], "ENOENT"],
		["never answers", childCommand("silent"), "did not answer within 0.3 seconds"],
	])("says why a child %s", async (_, command, reason) => {
		await start({ command, flags: ["--initialize-seconds", "0.3"] });
		const error = { code: -32000, message: expect.stringContaining(reason) };
		expect(await call("environment")).toMatchObject({ id: 1, error });
		await waitFor(
			"no child",
			() => !bridge.events("child_start").some(({ pid }) => pid !== undefined && isRunning(pid)),
		);
	});
});
