import { beforeAll, describe, expect, it } from "vitest";
import { askTool, openSession, signIn } from "../support/worker.ts";

let options: { token: string; session: string };

beforeAll(async () => {
	const { access_token: token } = await signIn();
	options = { token, session: await openSession(token) };
});

describe("add", () => {
	it("answers with the sum, as text and as data", async () => {
		const answer = await askTool("add", { a: 2, b: -0.5 }, options);
		expect(answer).toEqual({ content: [{ type: "text", text: "1.5" }], structuredContent: { sum: 1.5 } });
	});

	it.each([
		[{ a: 1 }, "tool add: b: Invalid input: expected number, received undefined"],
		[{ a: "1", b: 2 }, "tool add: a: Invalid input: expected number, received string"],
		[{}, "tool add: a: Invalid input: expected number, received undefined, b: Invalid input: expected number"],
	])("says what is wrong with %j", async (args, problem) => {
		const { isError, content } = await askTool("add", args, options);
		expect(isError).toBe(true);
		expect(content[0]?.text).toContain(problem);
	});

	it("says so when the sum is no number any more", async () => {
		const { isError, content } = await askTool("add", { a: 1.7e308, b: 1.7e308 }, options);
		expect(isError).toBe(true);
		expect(content[0]?.text).toContain("too large");
	});
});
