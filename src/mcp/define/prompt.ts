/** The definition of a prompt. */
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
	/** For people: one line on the home page. If omitted, the description is shown there. */
	readonly summary?: string;
	readonly description: string;
	/** Strings only, because users fill them in. The SDK's `completable()` adds completion to an argument. */
	readonly args: Args;
	/** Whether it may ask the user with `inputRequired(…)`. Without it, `inputRequired(…)` is an error. */
	readonly asks?: MayAsk;
	/**
	 * @returns the messages, or, if it `asks`, the SDK's `inputRequired(…)` to ask the user first
	 * @throws UserError with a sentence for the user
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
