import { describe, expect, it } from "vitest";
import { askTool, openSession, signIn } from "../support/worker.ts";

describe("a session", () => {
	it("answers the user and client it was opened by", async () => {
		const { access_token: token } = await signIn();
		const session = await openSession(token);
		const { structuredContent } = await askTool("add", { a: 2, b: 3 }, { token, session });
		expect(structuredContent).toEqual({ sum: 5 });
	});
});
