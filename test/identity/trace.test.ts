/** A tool's calls of APIs belong to the trace of the client. Its baggage, which can hold personal data, stays here. */
import { describe, expect, it } from "vitest";
import { traceOf } from "../../src/http/trace-context.ts";
import { caseOf } from "../support/identity/cases.ts";
import { OWN_API } from "../support/identity/own-api.ts";
import { ORIGIN, Scene } from "../support/identity/server.ts";
import { stateless } from "../support/stateless.ts";
import { mcp, openSession } from "../support/worker.ts";

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OTHER = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
const tracestate = "vendor=a1b2,other@v=x";
const baggage = "user=ada";

/** Opens a session, and returns a function that calls the tool `caller`: what the APIs were sent meanwhile. */
async function openCaller(tool = "caller", settings: Record<string, string> = {}, provider = "github") {
	const scene = await Scene.open(caseOf(provider), {}, settings);
	const { access_token: token } = await scene.signIn();
	const session = await openSession(token, ORIGIN);
	const call = async (_meta: object, headers: Record<string, string> = {}, isStateless = false) => {
		const before = (await scene.requests()).length;
		const params = { name: tool, arguments: {}, _meta };
		const newest = stateless("tools/call", params);
		const options = { token, origin: ORIGIN, via: scene.fetch };
		const response = isStateless
			? await mcp(newest.message, { ...options, headers: { ...newest.headers, ...headers } })
			: await mcp({ jsonrpc: "2.0", id: 1, method: "tools/call", params }, { ...options, session, headers });
		await response.text();
		return (await scene.requests()).slice(before);
	};
	return { scene, call };
}

describe.each([false, true])("the provider's API (without a session: %s)", (isStateless) => {
	it.each([
		["the trace of the message", { traceparent, tracestate, baggage }, {}, { traceparent, tracestate }],
		["the trace of the request", { baggage }, { traceparent, tracestate, baggage }, { traceparent }],
		["the message's before the request's", { traceparent }, { traceparent: OTHER }, { traceparent }],
		["no state that is not valid", { traceparent, tracestate: "a=b\nc" }, {}, { traceparent }],
		["no state without its trace", { traceparent: "none", tracestate }, {}, {}],
		["nothing of a client that does not trace", {}, {}, {}],
	])("gets %s", async (_what, meta, headers, expected) => {
		const { call } = await openCaller();
		const [asked, ...others] = await call(meta, headers, isStateless);
		const { host, path, bearer, ...trace } = asked ?? { host: "", path: "" };
		expect([host, path, typeof bearer]).toEqual(["api.github.com", "/user", "string"]);
		expect(trace).toEqual(expected);
		expect(others).toEqual([]);
	});
});

it("an API of the developer's own gets the trace", async () => {
	const { call } = await openCaller("order", { OIDC_RESOURCE: OWN_API }, "oidc");
	expect(await call({ traceparent, tracestate, baggage })).toEqual([
		{ host: new URL(OWN_API).host, path: "/me", bearer: expect.any(String), traceparent, tracestate },
	]);
});

it.each([302, 307])("a redirect that leaves the API (%d) takes along neither trace nor token", async (status) => {
	const { scene, call } = await openCaller();
	const path = `/caught/${scene.clientId}`;
	await scene.behave({ onApi: { status, headers: { Location: `https://evil.example${path}` } } });
	const [asked, caught] = await call({ traceparent, tracestate });
	expect(asked).toMatchObject({ host: "api.github.com", traceparent, tracestate });
	expect(caught).toEqual({ host: "evil.example", path });
});

it("a redirect within the API keeps both, and ends", async () => {
	const { scene, call } = await openCaller();
	await scene.behave({ onApi: { status: 301, headers: { Location: "/user/emails" } } });
	const asked = await call({ traceparent });
	expect(asked[0]).toMatchObject({ path: "/user", traceparent });
	expect(asked[1]).toMatchObject({ path: "/user/emails", bearer: asked[0]?.bearer, traceparent });
	// It goes round in circles.
	expect(asked).toHaveLength(21);
});

describe("a tracestate", () => {
	it.each([
		["of two systems", tracestate, tracestate],
		["with spaces between them", "a=1, b=2", "a=1, b=2"],
		["of 512 characters", `a=${"x".repeat(253)},b=${"y".repeat(254)}`, `a=${"x".repeat(253)},b=${"y".repeat(254)}`],
		["of 513 characters", `a=${"x".repeat(254)},b=${"y".repeat(254)}`, undefined],
		["of 33 systems", Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(), undefined],
		["with a line break", "a=b\r\nX-Evil: 1", undefined],
		["with letters beyond ASCII", "a=ü", undefined],
		["with a capital key", "A=b", undefined],
		["without a value", "a=", undefined],
		["that is no text", { a: "b" }, undefined],
		["that is empty", "", undefined],
	])("%s is read as the specification says", (_what, value, expected) => {
		expect(traceOf({ traceparent, tracestate: value })?.tracestate).toBe(expected);
	});
});
