import { describe, expect, it } from "vitest";
import { askTool, openSession, signIn } from "../support/worker.ts";

describe("whoami", () => {
	it("tells who is signed in and what they may do", async () => {
		const { access_token: token } = await signIn({ email: "Carol@example.com", permissions: ["image_generation"] });
		const answer = await askTool("whoami", {}, { token, session: await openSession(token) });
		expect(answer.structuredContent).toEqual({
			id: "local-carol@example.com",
			provider: "local",
			login: "carol@example.com",
			name: "carol",
			email: "carol@example.com",
			permissions: ["image_generation"],
			scopes: ["tools", "identity", "notes", "images"],
		});
		expect(answer.content[0]?.text).toBe(
			"Signed in as carol (carol@example.com) with local. Permissions: image_generation.",
		);
	});

	it("never shows a token", async () => {
		const { access_token: token } = await signIn();
		const answer = await askTool("whoami", {}, { token, session: await openSession(token) });
		expect(JSON.stringify(answer)).not.toContain(token);
	});
});
