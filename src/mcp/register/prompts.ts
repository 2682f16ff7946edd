/** Registers the prompts on an MCP server, and checks access to them. */
import { isInputRequiredResult, type Prompt as ListedPrompt, type McpServer } from "@modelcontextprotocol/server";
import { currentPrincipal } from "../../auth/principal.ts";
import { contextOf, endingWith, type Serving } from "../context.ts";
import type { Prompt } from "../define/prompt.ts";
import { permitted } from "../gate.ts";
import { answerFor } from "../gated-answer.ts";
import { iconsOf } from "../implementation.ts";

export function registerPrompts(server: McpServer, prompts: readonly Prompt[], serving: Serving): void {
	if (prompts.length === 0) return;
	for (const prompt of prompts) {
		const { name, title, description, args: argsSchema } = prompt;
		server.registerPrompt(name, { title, description, argsSchema }, async (args, mcp) => {
			const context = contextOf(name, serving, mcp);
			const result = await answerFor(prompt, context, serving.env, async (signal) => {
				const answer = await prompt.messages(args, endingWith(signal, context) as never);
				if (isInputRequiredResult(answer) && !prompt.asks)
					throw new Error("It returned inputRequired, and does not say `asks: true`");
				return answer;
			});
			return isInputRequiredResult(result) ? result : { description, messages: [...result] };
		});
	}
	server.server.setRequestHandler("prompts/list", () => ({
		prompts: permitted(prompts, currentPrincipal()).map(describePrompt),
	}));
}

/** A prompt as `prompts/list` shows it. */
function describePrompt(prompt: Prompt): ListedPrompt {
	const { name, title, description, args } = prompt;
	const listed = Object.entries(args.shape).map(([argument, schema]) => {
		const { title, description } = schema.meta() ?? {};
		return {
			name: argument,
			...(title && { title }),
			...(description && { description }),
			required: !schema.isOptional(),
		};
	});
	return { name, title, description, ...iconsOf("prompts", prompt, currentPrincipal().origin), arguments: listed };
}
