/** What a prompt is. */
import type { InputRequiredResult, PromptMessage } from "@modelcontextprotocol/server";
import type { z } from "zod";
import type { Context, Needing } from "../context.ts";
import type { Gated } from "../gate.ts";

export type Prompt<
	Args extends z.ZodObject = z.ZodObject,
	MayAsk extends true | undefined = true | undefined,
	Needs = never,
> = Gated & {
	/** Unique, kebab-case, and the name of the prompt's file. */
	readonly name: string;
	readonly title: string;
	readonly description: string;
	/** Strings only, as prompts are filled in by people. `completable()` of the SDK completes one while they type. */
	readonly args: Args;
	/** It may ask the user with `inputRequired(…)`. From a prompt that does not say so, a question is a failure. */
	readonly asks?: MayAsk;
	/**
	 * @returns the messages, or, if it `asks`, `inputRequired(…)` of the SDK to ask the user first
	 * @throws UserError with a sentence for the person
	 */
	messages(
		args: z.output<Args>,
		context: Context<Needs>,
	): Promise<readonly PromptMessage[] | (MayAsk extends true ? InputRequiredResult : never)>;
} & Needing<Needs>;

/** Ties a prompt's argument types to its schema. */
export function definePrompt<Args extends z.ZodObject, MayAsk extends true | undefined = undefined, Needs = object>(
	prompt: Prompt<Args, MayAsk, Needs>,
): Prompt<Args, MayAsk, Needs> {
	return prompt;
}
