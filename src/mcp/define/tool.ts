/** The definition of a tool. */
import type { ContentBlock, InputRequiredResult } from "@modelcontextprotocol/server";
import type { z } from "zod";
import type { Context, Needing } from "../context.ts";
import type { Gated } from "../gate.ts";
import type { View } from "./view.ts";

export type OutputSchema = z.ZodObject | undefined;

/** The result of a call: content for people and models, and the same as data if the tool has an output schema. */
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
	/** For people: one line on the home page. If omitted, the description is shown there. */
	readonly summary?: string;
	/** A square SVG for clients and the home page. It is served at `/icons/<name>.svg`. */
	readonly icon?: string;
	/** For the model: what the tool does, needs and returns. */
	readonly description: string;
	/** All four are required, because hosts assume the worst case for a missing hint. */
	readonly annotations: {
		readonly readOnlyHint: boolean;
		readonly destructiveHint: boolean;
		readonly idempotentHint: boolean;
		readonly openWorldHint: boolean;
	};
	readonly input: Input;
	readonly output?: Output;
	/** Where clients with MCP Apps show the results. */
	readonly view?: View;
	/** The arguments of a call that succeeds for any permitted user. The tests make it in every protocol version. */
	readonly example?: z.input<Input>;
	/** Set it if a call can take more than a few seconds. The deadline is then LONG_CALL_TIMEOUT_SECONDS. */
	readonly long?: true;
	/**
	 * For a `long` tool: whether a task whose run was cut short, such as by a restart, runs it again from the start. If
	 * not, the task fails.
	 */
	readonly restartable?: true;
	/** For a `long` tool: whether its calls are tasks only. A client without tasks cannot call it. */
	readonly onlyAsTask?: true;
	/** For a `long` tool that `asks`: whether it asks before the long work. The call with the answers is the task. */
	readonly asksFirst?: true;
	/** The deadline of a call, 1 to 3600, if neither setting fits. If a call asks the user, each round has its own. */
	readonly timeoutSeconds?: number;
	/** Whether a call may ask the user with `inputRequired(…)`. Without it, `inputRequired(…)` is an error. */
	readonly asks?: MayAsk;
	/**
	 * Runs the tool. At the deadline, an error is sent, `context.signal` is aborted, and the result is ignored.
	 *
	 * @returns the result, or, if the tool `asks`, the SDK's `inputRequired(…)` to ask the user first. The call then runs
	 *   again, with the answers in `context.request.inputResponses`. Check `context.clientCapabilities` before: if the
	 *   client does not support it, the SDK's error is not meant for users
	 * @throws UserError with a sentence the model can act on; any other error is logged and replaced by a generic one
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
 *   input: z.object({ text: z.string().meta({ title: "Text", description: "What to draw" }) }),
 *   // Declare the services that the tool needs. `services` in src/server.ts makes them.
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
