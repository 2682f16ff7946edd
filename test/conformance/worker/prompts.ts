import { acceptedContent, inputRequired } from "@modelcontextprotocol/server";
import { z } from "zod";
import { definePrompt } from "../../../src/mcp/define/prompt.ts";
import { PNG, text } from "./common.ts";

const simple = definePrompt({
	name: "test_simple_prompt",
	title: "Simple prompt",
	description: "A prompt without arguments.",
	scope: "tools",
	args: z.object({}),
	async messages() {
		return [{ role: "user", content: text("This is a simple prompt for testing.") }];
	},
});

const COMPLETIONS = ["testValue1", "testValue2"];

const withArguments = definePrompt({
	name: "test_prompt_with_arguments",
	title: "Prompt with arguments",
	description: "A prompt with two arguments.",
	scope: "tools",
	args: z.object({
		arg1: z.string().describe("First test argument"),
		arg2: z.string().describe("Second test argument"),
	}),
	complete: { arg1: async (typed) => COMPLETIONS.filter((value) => value.startsWith(typed)) },
	async messages({ arg1, arg2 }) {
		return [{ role: "user", content: text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`) }];
	},
});

const withEmbeddedResource = definePrompt({
	name: "test_prompt_with_embedded_resource",
	title: "Prompt with a resource",
	description: "A prompt that embeds a resource.",
	scope: "tools",
	args: z.object({ resourceUri: z.string().describe("URI of the resource to embed") }),
	async messages({ resourceUri }) {
		const resource = { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." };
		return [
			{ role: "user", content: { type: "resource", resource } },
			{ role: "user", content: text("Please process the embedded resource above.") },
		];
	},
});

const withImage = definePrompt({
	name: "test_prompt_with_image",
	title: "Prompt with an image",
	description: "A prompt that embeds an image.",
	scope: "tools",
	args: z.object({}),
	async messages() {
		return [
			{ role: "user", content: { type: "image", data: PNG, mimeType: "image/png" } },
			{ role: "user", content: text("Please analyze the image above.") },
		];
	},
});

const CONTEXT = z.object({ context: z.string() });

const inputRequiredPrompt = definePrompt({
	name: "test_input_required_result_prompt",
	title: "Prompt that asks",
	description: "A prompt that asks the user for its context.",
	scope: "tools",
	asks: true,
	args: z.object({}),
	async messages(_args, { request }) {
		const given = acceptedContent(request.inputResponses, "user_context", CONTEXT);
		if (given) return [{ role: "user", content: text(`Use this context: ${given.context}`) }];
		const message = "What context should the prompt use?";
		return inputRequired({
			inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema: CONTEXT }) },
		});
	},
});

export const prompts = [simple, withArguments, withEmbeddedResource, withImage, inputRequiredPrompt];
