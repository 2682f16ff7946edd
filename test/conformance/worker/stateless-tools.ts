/** Tools that the scenario "server-stateless" (MCP 2026-07-28) calls. */
import { inputRequired, inputResponse } from "@modelcontextprotocol/server";
import { z } from "zod";
import { defineTool } from "../../../src/mcp/define/tool.ts";
import { sampledText } from "./asking-tools.ts";
import { COMMON, text } from "./common.ts";

const missingCapability = defineTool({
	...COMMON,
	name: "test_missing_capability",
	title: "Missing capability",
	description: "Needs a client that can sample.",
	asks: true,
	input: z.object({}),
	async run(_args, { request }) {
		const response = inputResponse(request.inputResponses, "sample");
		if (response.kind === "sampling") return { content: [text(sampledText(response.result))] };
		const messages = [{ role: "user" as const, content: text("Say something.") }];
		return inputRequired({ inputRequests: { sample: inputRequired.createMessage({ messages, maxTokens: 10 }) } });
	},
});

const streamingElicitation = defineTool({
	...COMMON,
	name: "test_streaming_elicitation",
	title: "Streaming elicitation",
	description: "Tells how far it is, and asks the user.",
	asks: true,
	input: z.object({}),
	async run(_args, { request, progress }) {
		const response = inputResponse(request.inputResponses, "answer");
		if (response.kind === "elicit") return { content: [text(`Answer: ${response.action}`)] };
		await progress(1, 2, "Asking");
		const requestedSchema = z.object({ answer: z.string() });
		return inputRequired({
			inputRequests: { answer: inputRequired.elicit({ message: "What is the answer?", requestedSchema }) },
		});
	},
});

const logging = defineTool({
	...COMMON,
	name: "test_logging_tool",
	title: "Logging on request",
	description: "Logs, for a client that asked to hear it.",
	input: z.object({}),
	async run(_args, { request }) {
		await request.log("info", "Only a request that names a log level gets this");
		return { content: [text("Logged")] };
	},
});

const changers = (["tool", "prompt"] as const).map((kind) =>
	defineTool({
		...COMMON,
		name: `test_trigger_${kind}_change`,
		title: `Change the ${kind}s`,
		description: `Says that the list of ${kind}s has changed.`,
		input: z.object({}),
		async run(_args, { changed }) {
			changed({ lists: [`${kind}s`] });
			return { content: [text("Changed")] };
		},
	}),
);

export const statelessTools = [missingCapability, streamingElicitation, logging, ...changers];
