/** Requests of every kind, at every address. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { server } from "#under-test";
import { endpointsOf } from "../../src/http/endpoints.ts";
import { fetchWorker, LOCAL, signIn } from "../support/worker.ts";
import { checkAnswer, headerText, oddText, tryMany, withLog } from "./fuzzing.ts";

const PATHS = [
	...endpointsOf(server),
	...["/", "/authorize", "/sign-in", "/callback", "/token", "/register", "/account", "/account/data"],
	...["/account/disconnect", "/account/delete", "/operator/grants", "/.well-known/oauth-authorization-server"],
];
const HEADERS = [
	"Accept",
	"Authorization",
	"Content-Type",
	"Cookie",
	"Last-Event-ID",
	"Mcp-Method",
	"Mcp-Name",
	"Mcp-Session-Id",
	"MCP-Protocol-Version",
	"Origin",
	"Sec-Fetch-Site",
];

const headers = fc.dictionary(fc.constantFrom(...HEADERS), headerText, { maxKeys: 5 });
const query = fc.array(fc.tuple(oddText, oddText), { maxLength: 4 });
const body = fc.oneof(
	fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
	fc.json(),
	query.map((fields) => String(new URLSearchParams(fields.map(([name, value]) => [name, value])))),
	fc.constant('{"jsonrpc":"2.0","id":1,"method":"tools/list"}'),
);
const requests = fc.record({
	method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"),
	path: fc.oneof(
		fc.constantFrom(...PATHS),
		oddText.map((text) => `/${encodeURIComponent(text.toWellFormed())}`),
	),
	query,
	headers,
	body,
});

it("any request, with or without a token, has an answer that is no fault of ours", async () => {
	const { access_token: token } = await signIn({ resource: null });
	await withLog(() =>
		tryMany(fc.tuple(requests, fc.boolean()), async ([{ method, path, query, headers, body }, isSignedIn]) => {
			const search = new URLSearchParams(query.map(([name, value]) => [name, value]));
			const given = { ...headers, ...(isSignedIn && { Authorization: `Bearer ${token}` }) };
			const hasBody = !["GET", "HEAD"].includes(method);
			const init = { method, headers: given, redirect: "manual" as const, ...(hasBody && { body }) };
			await checkAnswer(fetchWorker(`${LOCAL}${path}?${search}`, init));
		}),
	);
	expect(token).toBeTruthy();
});
