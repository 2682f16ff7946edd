/** What this server offers. One catalogue serves every era of the protocol. */
import type { Prompt } from "./prompts/define.ts";
import { prompts } from "./prompts/index.ts";
import type { Resource } from "./resources/define.ts";
import { resources } from "./resources/index.ts";
import type { Tool } from "./tools/define.ts";
import { tools } from "./tools/index.ts";

export type Catalogue = {
	/** What a model should know before it uses any of it. */
	readonly instructions?: string;
	readonly tools: readonly Tool[];
	readonly resources: readonly Resource[];
	readonly prompts: readonly Prompt[];
};

export const catalogue: Catalogue = {
	instructions: "Tools act for the user who signed in. Call whoami to see who that is and what they may do.",
	tools,
	resources,
	prompts,
};
