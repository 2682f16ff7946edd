/** The trace that a client began is named in the log of the requests and tool calls that belong to it. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { traceparentOf } from "../../src/http/trace-context.ts";
import { newHold } from "../support/fixture/control.ts";
import { stateless } from "../support/stateless.ts";
import { callTool, DEPLOYED, fetchWorker, mcp, openSession, signIn } from "../support/worker.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c";
const traceparent = (trace: string) => `00-${trace}-00f067aa0ba902b7-01`;

let texts: string[] = [];
const points: { blobs?: unknown[] }[] = [];
beforeEach(() => {
	texts = [];
	points.length = 0;
	vi.spyOn(console, "log").mockImplementation((text) => void texts.push(String(text)));
	Object.assign(env, { AUDIT: { writeDataPoint: (point: object) => void points.push(point) } });
});
afterEach(() => {
	vi.restoreAllMocks();
	Object.assign(env, { AUDIT: undefined });
});

const tracesOf = (event: string) =>
	texts
		.map((text) => JSON.parse(text) as Record<string, unknown>)
		.filter((line) => line.event === event)
		.map(({ traceId }) => traceId);

describe("a tool call", () => {
	const CALLS: [what: string, headers: Record<string, string>, meta: object, trace: string | undefined][] = [
		["of its request's header", { traceparent: traceparent(TRACE) }, {}, TRACE],
		["of its own _meta", {}, { traceparent: traceparent(TRACE) }, TRACE],
		[
			"of its own _meta before the header's",
			{ traceparent: traceparent(OTHER_TRACE) },
			{ traceparent: traceparent(TRACE) },
			TRACE,
		],
		["of the header if that of _meta is none", { traceparent: traceparent(TRACE) }, { traceparent: 7 }, TRACE],
		["of none", {}, {}, undefined],
	];

	it.each(CALLS)(
		"is logged with the trace %s, in each version of the protocol",
		async (_what, headers, _meta, trace) => {
			const { access_token: token } = await signIn();
			const session = await openSession(token);
			const params = { name: "echo", arguments: { text: "x" }, _meta };
			await (await mcp({ jsonrpc: "2.0", id: 1, method: "tools/call", params }, { token, session, headers })).text();
			const newest = stateless("tools/call", params);
			await (await mcp(newest.message, { token, headers: { ...newest.headers, ...headers } })).text();
			expect(tracesOf("tool_call")).toEqual([trace, trace]);
			expect(points.filter(({ blobs }) => blobs?.[0] === "tool_call").map(({ blobs }) => blobs?.[7])).toEqual([
				trace ?? "",
				trace ?? "",
			]);
		},
	);

	it("that runs in the user's object is logged with the trace too", async () => {
		const { access_token: token } = await signIn();
		const session = await openSession(token);
		const held = newHold();
		held.release();
		const call = callTool("hold", { name: held.name, text: "x" });
		await (await mcp(call, { token, session, headers: { traceparent: traceparent(TRACE) } })).text();
		await vi.waitFor(() => expect(tracesOf("tool_call")).toEqual([TRACE]));
	});
});

it("a request is logged, and counted with its path and status, and with its trace", async () => {
	await fetchWorker(`${DEPLOYED}/nowhere?code=secret`, { headers: { traceparent: traceparent(TRACE) } });
	expect(tracesOf("request")).toEqual([TRACE]);
	const [point] = points.filter(({ blobs }) => blobs?.[0] === "request");
	expect(point?.blobs?.slice(2)).toEqual(["", "", "/nowhere", "404", "", TRACE]);
	await fetchWorker(`${DEPLOYED}/health`);
	expect(tracesOf("request")).toHaveLength(1);
});

it("a long path is counted by its beginning", async () => {
	await fetchWorker(`${DEPLOYED}/${"x".repeat(5000)}`);
	expect(points.at(-1)?.blobs?.[4]).toBe(`/${"x".repeat(199)}`);
});

describe("a traceparent", () => {
	it.each([
		["of version 00", traceparent(TRACE), traceparent(TRACE)],
		["of a later version, with more in it", `01-${TRACE}-00f067aa0ba902b7-01-more`, traceparent(TRACE)],
		["of version 00 with more in it", `${traceparent(TRACE)}-more`, undefined],
		["of version ff", traceparent(TRACE).replace(/^00/, "ff"), undefined],
		["with a trace id of zeros", traceparent("0".repeat(32)), undefined],
		["with a span id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`, undefined],
		["in capital letters", traceparent(TRACE).toUpperCase(), undefined],
		["that is short", traceparent(TRACE).slice(0, -1), undefined],
		["with a line break", `${traceparent(TRACE)}\n`, undefined],
		["that is no text", { traceparent: traceparent(TRACE) }, undefined],
	])("%s is read as the specification says", (_what, value, expected) => {
		expect(traceparentOf(value)).toBe(expected);
	});
});
