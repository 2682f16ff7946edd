/** Tools that the scenarios of the Tasks extension call. */
import { scheduler } from "node:timers/promises";
import { acceptedContent, inputRequired, inputResponse } from "@modelcontextprotocol/server";
import { z } from "zod";
import { UserError } from "../../../src/errors.ts";
import { defineTool } from "../../../src/mcp/define/tool.ts";
import { COMMON, text } from "./common.ts";

const NAME = z.object({ name: z.string() });
const CONFIRMATION = z.object({ confirm: z.boolean() });

const askName = inputRequired.elicit({ message: "What is your name?", requestedSchema: NAME });

const greet = defineTool({
	...COMMON,
	name: "greet",
	title: "Greet",
	description: "Greets at once.",
	input: z.object({ name: z.string() }),
	async run({ name }) {
		return { content: [text(`Hello, ${name}!`)] };
	},
});

const slowCompute = defineTool({
	...COMMON,
	name: "slow_compute",
	title: "Slow computation",
	description: "Answers after some seconds.",
	long: true,
	input: z.object({ seconds: z.number().min(0), label: z.string().default("") }),
	async run({ seconds, label }, { signal }) {
		await scheduler.wait(seconds * 1000, { signal });
		return { content: [text(`${label} took ${seconds} s`)] };
	},
});

const failingJob = defineTool({
	...COMMON,
	name: "failing_job",
	title: "Failing job",
	description: "Refuses after a second. Only for clients with tasks.",
	long: true,
	onlyAsTask: true,
	input: z.object({}),
	async run(_args, { signal }) {
		await scheduler.wait(1000, { signal });
		throw new UserError("This job always fails.");
	},
});

const protocolErrorJob = defineTool({
	...COMMON,
	name: "protocol_error_job",
	title: "Job that crashes",
	description: "Crashes.",
	long: true,
	input: z.object({}),
	async run() {
		throw new Error("This job always crashes");
	},
});

const confirmDelete = defineTool({
	...COMMON,
	name: "confirm_delete",
	title: "Confirm a deletion",
	description: "Asks whether it may delete a file.",
	long: true,
	asks: true,
	input: z.object({ filename: z.string() }),
	async run({ filename }, { request }) {
		const answer = acceptedContent(request.inputResponses, "confirm", CONFIRMATION);
		if (answer) return { content: [text(answer.confirm ? `Deleted ${filename}` : `Kept ${filename}`)] };
		const message = `Delete ${filename}?`;
		return inputRequired({
			inputRequests: { confirm: inputRequired.elicit({ message, requestedSchema: CONFIRMATION }) },
		});
	},
});

const multiInput = defineTool({
	...COMMON,
	name: "multi_input",
	title: "Two inputs",
	description: "Asks two questions at once.",
	long: true,
	asks: true,
	input: z.object({}),
	async run(_args, { request }) {
		const answers = ["first", "second"].map((key) => inputResponse(request.inputResponses, key));
		if (answers.every(({ kind }) => kind === "elicit")) return { content: [text("Both are answered.")] };
		return inputRequired({ inputRequests: { first: askName, second: askName } });
	},
});

const asksFirst = defineTool({
	...COMMON,
	name: "test_tool_with_task",
	title: "Question, then task",
	description: "Asks for a name, and greets in a task.",
	long: true,
	asks: true,
	asksFirst: true,
	onlyAsTask: true,
	input: z.object({}),
	async run(_args, { request }) {
		const user = acceptedContent(request.inputResponses, "user_name", NAME);
		if (!user) return inputRequired({ inputRequests: { user_name: askName } });
		return { content: [text(`Hello, ${user.name}!`)] };
	},
});

export const taskTools = [greet, slowCompute, failingJob, protocolErrorJob, confirmDelete, multiInput, asksFirst];
