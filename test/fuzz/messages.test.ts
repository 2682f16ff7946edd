/** JSON-RPC messages of two users, in every era: nobody gets an answer to what somebody else asked. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SseSession } from "../support/sse-session.ts";
import { stateless } from "../support/stateless.ts";
import { mcp, openSession, signIn } from "../support/worker.ts";
import { checkAnswer, oddText, tryMany, withLog } from "./fuzzing.ts";

const METHODS = [
	...["initialize", "ping", "tools/list", "tools/call", "resources/list", "resources/read", "prompts/list"],
	...["prompts/get", "completion/complete", "logging/setLevel", "resources/subscribe", "server/discover"],
	...["notifications/initialized", "notifications/cancelled", "notifications/progress", "tasks/get"],
];
const TOOLS = ["echo", "caller", "guarded", "fail", "no such tool"];

const parameters = fc.oneof(
	fc.record({ name: fc.constantFrom(...TOOLS), arguments: fc.oneof(fc.dictionary(oddText, oddText), fc.jsonValue()) }),
	fc.dictionary(
		fc.constantFrom("name", "uri", "cursor", "arguments", "_meta", "level", "ref", "requestId"),
		fc.jsonValue(),
	),
	fc.jsonValue(),
);
const messages = fc.record(
	{
		jsonrpc: fc.constantFrom("2.0", "1.0"),
		id: fc.oneof(fc.integer(), oddText, fc.constant(null)),
		method: fc.oneof(fc.constantFrom(...METHODS), oddText),
		params: parameters,
	},
	{ requiredKeys: ["jsonrpc"] },
);
/** Whose turn it is, and what they send. */
const turns = fc.array(fc.tuple(fc.boolean(), messages), { minLength: 1, maxLength: 4 });

const USERS = ["fuzz-one@example.com", "fuzz-two@example.com"] as const;
const signInBoth = () => Promise.all(USERS.map((email) => signIn({ email, resource: null })));

describe("messages of two users", () => {
	it("with sessions, in each other's too, are answered to their own user", async () => {
		const [one, two] = await signInBoth();
		const tokens = [one?.access_token ?? "", two?.access_token ?? ""];
		const sessions = await Promise.all(tokens.map((token) => openSession(token)));
		await withLog(() =>
			tryMany(turns, async (sent) => {
				for (const [isFirst, message] of sent) {
					const [mine, other] = isFirst ? [0, 1] : [1, 0];
					const options = { token: tokens[mine], session: sessions[mine], body: JSON.stringify(message) };
					expect(await checkAnswer(mcp(null, options))).not.toContain(USERS[other]);
					const stolen = await mcp(null, { ...options, session: sessions[other] });
					expect(await stolen.text()).not.toContain(USERS[other]);
				}
			}),
		);
	});

	it("without sessions are answered to their own user", async () => {
		const [one, two] = await signInBoth();
		await withLog(() =>
			tryMany(fc.tuple(fc.boolean(), messages), async ([isFirst, message]) => {
				const { headers, message: whole } = stateless(String(message.method ?? ""), Object(message.params));
				const fitting = Object.entries(headers).filter(([, value]) => /^[\x20-\x7e]*$/.test(value));
				const options = {
					token: (isFirst ? one : two)?.access_token ?? "",
					headers: Object.fromEntries(fitting),
					body: JSON.stringify(whole),
				};
				expect(await checkAnswer(mcp(null, options))).not.toContain(USERS[isFirst ? 1 : 0]);
			}),
		);
	});

	it("at /sse are accepted or refused, and the stream goes on", async () => {
		const { access_token: token } = await signIn({ email: USERS[0], resource: null });
		const sse = await SseSession.open(token);
		const post = (message: object) => mcp(null, { path: sse.endpoint, token, body: JSON.stringify(message) });
		await withLog(() => tryMany(messages, async (message) => void (await checkAnswer(post(message))), 0.3));
		await sse.close();
	});
});
