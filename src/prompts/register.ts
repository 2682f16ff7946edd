/** Registers the prompts on an MCP server, and gates them. */
import { isInputRequiredResult, type Prompt as ListedPrompt, type McpServer } from "@modelcontextprotocol/server";
import { answerFor } from "../mcp/answer.ts";
import { currentCaller } from "../mcp/caller.ts";
import { contextOf } from "../mcp/context.ts";
import { permitted } from "../mcp/gate.ts";
import type { Prompt } from "./define.ts";

export function registerPrompts(server: McpServer, prompts: readonly Prompt[], env: Env): void {
	if (prompts.length === 0) return;
	for (const prompt of prompts) {
		const { name, title, description, args: argsSchema } = prompt;
		server.registerPrompt(name, { title, description, argsSchema }, async (args, mcp) => {
			const context = contextOf(name, env, server, mcp);
			const result = await answerFor(prompt, context, () => prompt.messages(args, context));
			return isInputRequiredResult(result) ? result : { description, messages: [...result] };
		});
	}
	server.server.setRequestHandler("prompts/list", () => ({
		prompts: permitted(prompts, currentCaller()).map(describePrompt),
	}));
}

/** A prompt as `prompts/list` shows it. */
function describePrompt({ name, title, description, args }: Prompt): ListedPrompt {
	const listed = Object.entries(args.shape).map(([argument, schema]) => ({
		name: argument,
		...(schema.description && { description: schema.description }),
		required: !schema.isOptional(),
	}));
	return { name, title, description, arguments: listed };
}
