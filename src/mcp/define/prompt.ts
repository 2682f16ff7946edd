/** The definition of a prompt. */
import type { InputRequiredResult, PromptMessage } from "@modelcontextprotocol/server";
import type { z } from "zod";
import type { Context, Needing } from "../context.ts";
import type { Gated } from "../gate.ts";
import type { Completer } from "./completer.ts";

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
	/** A square SVG for clients and the home page. It is served at `/icons/prompts/<name>.svg`. */
	readonly icon?: string;
	readonly description: string;
	/** Strings only, because users fill them in. */
	readonly args: Args;
	/** Completes arguments while users type. */
	readonly complete?: { readonly [Argument in keyof z.output<Args>]?: Completer<Needs> };
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

/**
 * Ties a prompt's argument types to its schema.
 *
 * @example
 * export const translate = definePrompt({
 *   name: "translate",
 *   title: "Translate",
 *   description: "Asks for a translation.",
 *   scope: "tools",
 *   args: z.object({ language: z.string().meta({ title: "Language", description: "The language to translate to" }) }),
 *   complete: { language: async (typed) => LANGUAGES.filter((language) => language.startsWith(typed)) },
 *   async messages({ language }) { … },
 * });
 */
export function definePrompt<Args extends z.ZodObject, MayAsk extends true | undefined = undefined, Needs = object>(
	prompt: Prompt<Args, MayAsk, Needs>,
): Prompt<Args, MayAsk, Needs> {
	return prompt;
}
