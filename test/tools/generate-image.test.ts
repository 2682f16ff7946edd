import { decode } from "fast-png";
import { describe, expect, it, vi } from "vitest";
import { type Elicited, openEra } from "../support/eras.ts";
import { grantTokens } from "../support/grants.ts";
import { replaceServer, userOf } from "../support/objects.ts";
import { DORA } from "../support/people.ts";
import { readMessages } from "../support/wire.ts";
import {
	askTool,
	callTool,
	DEPLOYED,
	INITIALIZE,
	LOCAL,
	mcp,
	openSession,
	signIn,
	type ToolAnswer,
} from "../support/worker.ts";

const permitted = { permissions: ["image_generation"] };

async function connect(options: Parameters<typeof signIn>[0]) {
	const { access_token: token } = await signIn(options);
	return { token, session: await openSession(token) };
}

/** A session of a permitted user on a deployed server. */
async function connectDeployed() {
	const user = { ...DORA, ...permitted };
	const { access_token: token } = await grantTokens({ origin: DEPLOYED, props: { user } });
	const response = await mcp(INITIALIZE, { token, origin: DEPLOYED });
	await response.text();
	return { token, session: response.headers.get("Mcp-Session-Id") ?? "", origin: DEPLOYED };
}

/** Whether the stand-in for the model was told to stop what it did for a prompt. */
async function outcomeOf(prompt: string, connection: { token: string; session: string }): Promise<string> {
	const { content } = await askTool("generateImage", { prompt: `outcome of ${prompt}` }, connection);
	return atob(content[0]?.data ?? "");
}

describe("generateImage", () => {
	it("answers with the model's JPEG", async () => {
		const { content, structuredContent } = await askTool(
			"generateImage",
			{ prompt: " a cat ", steps: 8 },
			await connect(permitted),
		);
		expect(content[0]).toMatchObject({ type: "image", mimeType: "image/jpeg" });
		const model = "@cf/black-forest-labs/flux-1-schnell";
		expect(JSON.parse(atob(content[0]?.data ?? ""))).toEqual({ model, prompt: "a cat", steps: 8 });
		expect(structuredContent).toEqual({ prompt: "a cat", steps: 8, model, mimeType: "image/jpeg" });
	});

	it("takes four steps unless told otherwise", async () => {
		const { structuredContent } = await askTool("generateImage", { prompt: "a cat" }, await connect(permitted));
		expect(structuredContent?.steps).toBe(4);
	});

	it.each([
		{},
		{ prompt: "" },
		{ prompt: "   " },
		{ prompt: "x".repeat(2049) },
		{ prompt: "a cat", steps: 3 },
		{ prompt: "a cat", steps: 9 },
		{ prompt: "a cat", steps: 4.5 },
	])("says what is wrong with arguments out of bounds (%#)", async (args) => {
		const { isError, content } = await askTool("generateImage", args, await connect(permitted));
		expect(isError).toBe(true);
		expect(content[0]?.text).toMatch(/prompt|steps/);
	});

	describe("where there is no model", () => {
		it("on this computer answers with a stand-in, coloured from the prompt, and says so", async () => {
			const connection = await connect(permitted);
			const draw = (prompt: string) => askTool("generateImage", { prompt }, connection);
			const { content, structuredContent } = await draw("outage one");
			expect(content[0]).toMatchObject({ type: "image", mimeType: "image/png" });
			expect(content[1]?.text).toMatch(/local stand-in.*npm run start:remote-ai/);
			expect(structuredContent?.model).toBe("placeholder");
			const png = decode(Uint8Array.from(atob(content[0]?.data ?? ""), (char) => char.charCodeAt(0)));
			expect([png.width, png.height]).toEqual([128, 128]);
			expect((await draw("outage one")).content[0]?.data).toBe(content[0]?.data);
			expect((await draw("outage two")).content[0]?.data).not.toBe(content[0]?.data);
		});

		it("on a deployed server answers with an error that keeps its cause in the log, under the same request id", async () => {
			const log = vi.spyOn(console, "error").mockImplementation(() => {});
			const { isError, content } = await askTool("generateImage", { prompt: "outage" }, await connectDeployed());
			expect(isError).toBe(true);
			expect(content).toHaveLength(1);
			expect(content[0]?.text).not.toContain("secret detail");
			const requestId = /Request ([\w-]+)/.exec(content[0]?.text ?? "")?.[1];
			const logged = log.mock.calls
				.map(([line]) => JSON.parse(line))
				.find(({ event }) => event === "image_generation_failed");
			expect(logged).toMatchObject({ requestId, cause: expect.stringContaining("secret detail") });
			log.mockRestore();
		});

		it("on a deployed server still answers those it can", async () => {
			const { content } = await askTool("generateImage", { prompt: "a cat" }, await connectDeployed());
			expect(content[0]?.mimeType).toBe("image/jpeg");
		});
	});

	it("reports its progress to a client that wants to know", async () => {
		const call = callTool("generateImage", { prompt: "a cat" });
		const params = { ...Object(call.params), _meta: { progressToken: "so-far" } };
		const messages = await readMessages(await mcp({ ...call, params }, await connect(permitted)));
		expect(messages.slice(0, -1).map(({ params }) => params)).toEqual([
			{ progress: 0, total: 1, message: "Waiting for the image model, 4 steps", progressToken: "so-far" },
			{ progress: 1, total: 1, message: "The image is ready", progressToken: "so-far" },
		]);
		expect(messages.at(-1)).toMatchObject({ result: { structuredContent: { prompt: "a cat" } } });
	});

	it("stops the model when the client cancels the call", async () => {
		const connection = await connect(permitted);
		const prompt = `forever ${crypto.randomUUID()}`;
		const call = await mcp(callTool("generateImage", { prompt }), connection);
		const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
		expect((await mcp(cancel, connection)).status).toBe(202);
		await expect.poll(() => outcomeOf(prompt, connection)).toBe("true");
		// There is nothing more to come: the stream ends.
		expect(await readMessages(call)).toEqual([]);
	});

	it("stops a model that hangs at the call's deadline", async () => {
		const connection = await connect({ ...permitted, email: `${crypto.randomUUID()}@example.com` });
		await replaceServer(userOf(connection.token), { settings: { LONG_CALL_TIMEOUT_SECONDS: "1" } });
		const prompt = `forever ${crypto.randomUUID()}`;
		const { isError, content } = await askTool("generateImage", { prompt }, connection);
		expect(isError).toBe(true);
		expect(content[0]?.text).toMatch(/^generateImage was stopped because/);
		await expect.poll(() => outcomeOf(prompt, connection)).toBe("true");
	});

	describe.each(["2025-11-25", "2026-07-28"] as const)(
		"without a prompt, called by a client of %s that can ask",
		(era) => {
			const accept = (prompt: string): Elicited => ({ action: "accept", content: { prompt } });

			/** @returns the prompt and steps of the image, or what was said in its place */
			async function generate(answers: Elicited[], args = {}) {
				const { access_token: token } = await signIn(permitted);
				const questions: unknown[] = [];
				const onElicit = (question: unknown) => answers[questions.push(question) - 1] ?? { action: "cancel" as const };
				const client = await openEra(era, { token, capabilities: { elicitation: {} }, onElicit });
				const answer = await client.request("tools/call", { name: "generateImage", arguments: args });
				await client.close();
				expect(questions).toEqual(
					answers.map(() => expect.objectContaining({ message: "What should the image show?" })),
				);
				const { content, structuredContent } = ("result" in answer ? answer.result : {}) as unknown as ToolAnswer;
				return structuredContent ?? content[0]?.text;
			}

			it("asks the user, and draws what they say", async () => {
				expect(await generate([accept(" a dog ")])).toMatchObject({ prompt: "a dog", steps: 4 });
				expect(await generate([accept("a dog")], { prompt: "", steps: 6 })).toMatchObject({
					prompt: "a dog",
					steps: 6,
				});
			});

			it("asks again, as long as they say nothing", async () => {
				expect(await generate([accept("  "), accept("a dog")])).toMatchObject({ prompt: "a dog" });
			});

			it.each(["decline", "cancel"] as const)("draws nothing for a user who answers with %s", async (action) => {
				expect(await generate([{ action }])).toContain("the user was asked what it should show, and did not say");
			});
		},
	);

	it.each([{}, { elicitation: { url: {} } }])("without a prompt says so to a client with %j", async (capabilities) => {
		const { access_token: token } = await signIn(permitted);
		const session = await openSession(token, LOCAL, capabilities);
		const { isError, content } = await askTool("generateImage", { prompt: " " }, { token, session });
		expect([isError, content[0]?.text]).toEqual([true, "The prompt is empty. Say what the image should show."]);
	});
});
