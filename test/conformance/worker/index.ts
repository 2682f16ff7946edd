/** This server with another catalogue: what the conformance suite expects to find. Everything else is the product's. */
import type { Catalogue } from "../../../src/catalogue.ts";
import { createApp } from "../../../src/index.ts";
import { RemoteMcp as ProductMcp } from "../../../src/mcp/object/remote-mcp.ts";
import { askingTools } from "./asking-tools.ts";
import { contentTools } from "./content-tools.ts";
import { inputRequiredTools } from "./input-required-tools.ts";
import { prompts } from "./prompts.ts";
import { resources } from "./resources.ts";
import { schemaTools } from "./schema-tools.ts";
import { statelessTools } from "./stateless-tools.ts";

export { StdioContainer } from "../../../src/stdio/container.ts";
export { StdioLocal } from "../../../src/stdio/local.ts";

const catalogue: Catalogue = {
	// The suite calls the first tool without arguments.
	tools: [...contentTools, ...askingTools, ...schemaTools, ...inputRequiredTools, ...statelessTools],
	resources,
	prompts,
};

export class RemoteMcp extends ProductMcp {
	protected override readonly catalogue = catalogue;
}

export default createApp(catalogue);
