/** What a tool is. */
import type { ContentBlock, InputRequiredResult } from "@modelcontextprotocol/server";
import type { z } from "zod";
import type { Context, Needing } from "../context.ts";
import type { Gated } from "../gate.ts";

export type OutputSchema = z.ZodObject | undefined;

/** What a call answers: content for people and models, and the same as data, if the tool has an output shape. */
export type ToolResult<Output extends OutputSchema> = {
	readonly content: readonly ContentBlock[];
} & (Output extends z.ZodObject ? { readonly structured: z.input<Output> } : { readonly structured?: never });

export type Tool<
	Input extends z.ZodObject = z.ZodObject,
	Output extends OutputSchema = OutputSchema,
	MayAsk extends true | undefined = true | undefined,
	Needs = never,
> = Gated & {
	/** Unique; up to 128 letters, digits, `_`, `-` and `.`. The tool's file has the same name in kebab-case. */
	readonly name: string;
	readonly title: string;
	/** For the model: what it does, what it needs, what it answers. */
	readonly description: string;
	/** All four are required: hosts read a missing hint as the worst case. */
	readonly annotations: {
		readonly readOnlyHint: boolean;
		readonly destructiveHint: boolean;
		readonly idempotentHint: boolean;
		readonly openWorldHint: boolean;
	};
	readonly input: Input;
	readonly output?: Output;
	/** Arguments of a call that succeeds, for any user who may make it. The tests make it in every version of the protocol. */
	readonly example?: z.input<Input>;
	/** A call can take more than a few seconds. Its deadline is LONG_CALL_TIMEOUT_SECONDS, not CALL_TIMEOUT_SECONDS. */
	readonly long?: true;
	/** The deadline of a call, if neither setting fits: 1 to 3600. Each round of a question to the user has its own. */
	readonly timeoutSeconds?: number;
	/** A call may ask the user with `inputRequired(…)`. From a tool that does not say so, a question is a failure. */
	readonly asks?: MayAsk;
	/**
	 * At its deadline a call is answered for, `context.signal` is aborted, and what it still does is ignored.
	 *
	 * @returns the answer, or, from a tool that `asks`, `inputRequired(…)` of the SDK to ask the user first: the call then
	 *   runs again, with what they said in `context.request.inputResponses`. Look at `context.clientCapabilities` before:
	 *   for a client that cannot ask, the SDK's own error is for programs
	 * @throws UserError with a sentence the model can act on; anything else is logged and answered generically
	 */
	run(
		args: z.output<Input>,
		context: Context<Needs>,
	): Promise<ToolResult<Output> | (MayAsk extends true ? InputRequiredResult : never)>;
} & Needing<Needs>;

/**
 * Ties a tool's argument and result types to its schemas.
 *
 * @example
 * export const draw = defineTool({
 *   name: "draw",
 *   title: "Draw",
 *   description: "Draws what the text says.",
 *   scope: "tools",
 *   annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
 *   input: z.object({ text: z.string().describe("What to draw") }),
 *   // The services that it needs, which `services` in src/server.ts makes.
 *   async run({ text }, { ai, user }: Context<{ ai: Ai }>) { … },
 * });
 */
export function defineTool<
	Input extends z.ZodObject,
	Output extends OutputSchema = undefined,
	MayAsk extends true | undefined = undefined,
	Needs = object,
>(tool: Tool<Input, Output, MayAsk, Needs>): Tool<Input, Output, MayAsk, Needs> {
	return tool;
}
