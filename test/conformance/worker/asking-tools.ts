/** Tools that ask the client, in whichever way its revision of the protocol has for that. */
import {
	type CreateMessageResult,
	type CreateMessageResultWithTools,
	type ElicitRequestFormParams,
	inputRequired,
	inputResponse,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Context } from "../../../src/mcp/context.ts";
import { defineTool } from "../../../src/mcp/define/tool.ts";
import { COMMON, text } from "./common.ts";

const sampling = defineTool({
	...COMMON,
	name: "test_sampling",
	title: "Sampling",
	description: "Asks the client's model.",
	asks: true,
	input: z.object({ prompt: z.string().describe("The prompt to send to the LLM") }),
	async run({ prompt }, { request }) {
		const response = inputResponse(request.inputResponses, "completion");
		if (response.kind === "sampling") return { content: [text(`LLM response: ${sampledText(response.result)}`)] };
		const messages = [{ role: "user" as const, content: text(prompt) }];
		return inputRequired({ inputRequests: { completion: inputRequired.createMessage({ messages, maxTokens: 100 }) } });
	},
});

const elicitation = defineTool({
	...COMMON,
	name: "test_elicitation",
	title: "Elicitation",
	description: "Asks the user for a name and an email address.",
	asks: true,
	input: z.object({ message: z.string().describe("The message to show the user") }),
	async run({ message }, context) {
		return elicit(context, "User response", message, {
			type: "object",
			properties: {
				username: { type: "string", description: "User's response" },
				email: { type: "string", description: "User's email address" },
			},
			required: ["username", "email"],
		});
	},
});

const defaults = defineTool({
	...COMMON,
	name: "test_elicitation_sep1034_defaults",
	title: "Elicitation with defaults",
	description: "Asks the user with a default for every type of field.",
	asks: true,
	input: z.object({}),
	async run(_args, context) {
		return elicit(context, "Elicitation completed", "Please review these values", {
			type: "object",
			properties: {
				name: { type: "string", default: "John Doe" },
				age: { type: "integer", default: 30 },
				score: { type: "number", default: 95.5 },
				status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
				verified: { type: "boolean", default: true },
			},
		});
	},
});

const enums = defineTool({
	...COMMON,
	name: "test_elicitation_sep1330_enums",
	title: "Elicitation with choices",
	description: "Asks the user with every kind of choice.",
	asks: true,
	input: z.object({}),
	async run(_args, context) {
		const options = ["option1", "option2", "option3"];
		return elicit(context, "Elicitation completed", "Please choose", {
			type: "object",
			properties: {
				untitledSingle: { type: "string", enum: options },
				titledSingle: { type: "string", oneOf: titled("Option") },
				legacyEnum: {
					type: "string",
					enum: ["opt1", "opt2", "opt3"],
					enumNames: ["Option One", "Option Two", "Option Three"],
				},
				untitledMulti: { type: "array", items: { type: "string", enum: options } },
				titledMulti: { type: "array", items: { anyOf: titled("Choice") } },
			},
		});
	},
});

export const askingTools = [sampling, elicitation, defaults, enums];

/** Asks, or tells what the user answered. */
async function elicit(
	{ request }: Context,
	label: string,
	message: string,
	requestedSchema: ElicitRequestFormParams["requestedSchema"],
) {
	const response = inputResponse(request.inputResponses, "form");
	if (response.kind !== "elicit") {
		return inputRequired({ inputRequests: { form: inputRequired.elicit({ message, requestedSchema }) } });
	}
	const { action, content = {} } = response;
	return { content: [text(`${label}: action=${action}, content=${JSON.stringify(content)}`)] };
}

function titled(noun: string) {
	return ["First", "Second", "Third"].map((ordinal, i) => ({ const: `value${i + 1}`, title: `${ordinal} ${noun}` }));
}

/** What a model answered, as far as it is text. */
export function sampledText({ content }: CreateMessageResult | CreateMessageResultWithTools): string {
	const blocks = Array.isArray(content) ? content : [content];
	return blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
}
