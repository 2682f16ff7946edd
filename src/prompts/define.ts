/** What a prompt is. */
import type { InputRequiredResult, PromptMessage } from "@modelcontextprotocol/server";
import type { z } from "zod";
import type { Context } from "../mcp/context.ts";
import type { Gated } from "../mcp/gate.ts";

export type Prompt<Args extends z.ZodObject = z.ZodObject> = Gated & {
	/** Unique, kebab-case, and the name of the prompt's file. */
	readonly name: string;
	readonly title: string;
	readonly description: string;
	/** Strings only, as prompts are filled in by people. `completable()` of the SDK completes one while they type. */
	readonly args: Args;
	/**
	 * @returns the messages, or `inputRequired(…)` of the SDK to ask the user first
	 * @throws UserError with a sentence for the person
	 */
	messages(args: z.output<Args>, context: Context): Promise<readonly PromptMessage[] | InputRequiredResult>;
};

/** Ties a prompt's argument types to its schema. */
export function definePrompt<Args extends z.ZodObject>(prompt: Prompt<Args>): Prompt<Args> {
	return prompt;
}
