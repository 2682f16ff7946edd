/** What a tool is. */
import type { z } from "zod";
import type { Upstream } from "../identity/upstream-api.ts";
import type { Caller } from "../mcp/caller.ts";
import type { Permission, Scope } from "../scopes.ts";

/** What a tool may use while it runs. */
export type ToolContext = Omit<Caller, "upstreamToken" | "grantId"> & {
	readonly ai: Ai;
	/** The API of the user's identity provider, in the user's name; undefined for the built-in sign-in. */
	readonly upstream: Upstream | undefined;
	/** Aborted when the client cancels the call. */
	readonly signal: AbortSignal;
};

export type Content =
	| { readonly type: "text"; readonly text: string }
	| { readonly type: "image"; readonly data: string; readonly mimeType: string };

/** What a call answers: content for people and models, and the same as data of the tool's output shape. */
export type ToolResult<Output> = { readonly content: readonly Content[]; readonly structured: Output };

export type Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> = {
	/** Unique, camelCase, and the name of the tool's file in kebab-case. */
	readonly name: string;
	readonly title: string;
	/** For the model: what it does, what it needs, what it answers. */
	readonly description: string;
	/** The scope a token must carry. */
	readonly scope: Scope;
	/** The permission the user must have; omitted: any signed-in user. */
	readonly requires?: Permission;
	/** All four are required: hosts read a missing hint as the worst case. */
	readonly annotations: {
		readonly readOnlyHint: boolean;
		readonly destructiveHint: boolean;
		readonly idempotentHint: boolean;
		readonly openWorldHint: boolean;
	};
	readonly input: Input;
	readonly output: Output;
	/**
	 * @throws UserError with a sentence the model can act on; anything else is logged and answered generically
	 */
	run(args: z.output<Input>, context: ToolContext): Promise<ToolResult<z.input<Output>>>;
};

/** Ties a tool's argument and result types to its schemas. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
	tool: Tool<Input, Output>,
): Tool<Input, Output> {
	return tool;
}
