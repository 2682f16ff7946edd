/** What this server offers. One catalogue serves every era of the protocol. */
import type { Prompt } from "./prompts/define.ts";
import { prompts } from "./prompts/index.ts";
import type { Resource } from "./resources/define.ts";
import { resources } from "./resources/index.ts";
import type { Tool } from "./tools/define.ts";
import { tools } from "./tools/index.ts";

export type Catalogue = {
	readonly tools: readonly Tool[];
	readonly resources: readonly Resource[];
	readonly prompts: readonly Prompt[];
};

export const catalogue: Catalogue = { tools, resources, prompts };
