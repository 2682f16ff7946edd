/** What is logged of tool calls: one line for each, whatever the era, and nothing that was said in it. */
import { expect, it, vi } from "vitest";
import { ERAS, type EraOptions, openEra } from "../support/eras.ts";
import { signIn } from "../support/worker.ts";

const EMAIL = "someone@example.com";
const SECRET = "a secret of the user";
const PSEUDONYM = expect.stringMatching(/^[0-9a-f]{32}$/);

/** Calls tools of one session in turn. @returns the lines about tool calls, and all that was logged */
async function logOf(
	era: (typeof ERAS)[number],
	calls: readonly (readonly [string, object])[],
	{ scope, ...options }: Partial<EraOptions> & { scope?: string } = {},
) {
	const user = { email: EMAIL, permissions: ["image_generation"] };
	const { access_token: token } = await signIn({ resource: null, ...user, ...(scope && { scope }) });
	const printed: unknown[][] = [];
	const spies = (["log", "info", "warn", "error", "debug"] as const).map((level) =>
		vi.spyOn(console, level).mockImplementation((...line: unknown[]) => void printed.push(line)),
	);
	try {
		const client = await openEra(era, { token, ...options });
		for (const [name, args] of calls) await client.request("tools/call", { name, arguments: args });
		await client.close();
	} finally {
		for (const spy of spies) spy.mockRestore();
	}
	const texts = printed.map((line) => line.join(" "));
	const lines = texts.filter((text) => text.includes('"tool_call"')).map((text) => JSON.parse(text));
	return { lines, all: texts.join("\n") };
}

it.each(ERAS)("a call has a line with tool, user, outcome and duration: %s", async (era) => {
	const { lines, all } = await logOf(era, [
		["echo", { text: SECRET }],
		["guarded", { count: 2 }],
		["fail", { how: "refuse" }],
		["fail", { how: "crash" }],
		["fail", { how: SECRET }],
	]);
	const line = (tool: string, outcome: string) => ({
		event: "tool_call",
		requestId: expect.stringMatching(/./),
		tool,
		user: PSEUDONYM,
		client: expect.stringMatching(/./),
		era: expect.stringMatching(/^(2025|sse|2026-07-28)$/),
		outcome,
		milliseconds: expect.any(Number),
	});
	expect(lines).toEqual([
		line("echo", "ok"),
		line("guarded", "ok"),
		line("fail", "failed"),
		line("fail", "error"),
		line("fail", "invalid"),
	]);
	expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(lines.length);
	expect(all).not.toContain(SECRET);
	expect(all).not.toContain(EMAIL);
});

it.each(ERAS)("a call that asks the user has a line for each round: %s", async (era) => {
	const { lines, all } = await logOf(era, [["ask", {}]], {
		capabilities: { elicitation: { form: {} } },
		onElicit: () => ({ action: "accept", content: { word: SECRET } }),
	});
	expect(lines.map(({ tool, outcome }) => [tool, outcome])).toEqual([
		["ask", "asked"],
		["ask", "ok"],
	]);
	expect(all).not.toContain(SECRET);
});

it.each(ERAS)("a call that needs another scope is refused: %s", async (era) => {
	const { lines } = await logOf(era, [["guarded", {}]], { scope: "tools" });
	expect(lines).toMatchObject([{ tool: "guarded", user: PSEUDONYM, outcome: "refused" }]);
});
