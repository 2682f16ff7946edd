/** This server with another catalogue: what the conformance suite expects to find. Everything else is the product's. */
import { defineServer } from "../../../src/mcp/define/server.ts";
import { playground } from "../../../src/playground/extra.ts";
import { identityProviders } from "../../../src/sign-in/identity-providers.ts";
import { stdio } from "../../../src/stdio/extra.ts";
import { createWorker, type Worker } from "../../../src/worker.ts";
import { askingTools } from "./asking-tools.ts";
import { contentTools } from "./content-tools.ts";
import { inputRequiredTools } from "./input-required-tools.ts";
import { prompts } from "./prompts.ts";
import { resources } from "./resources.ts";
import { schemaTools } from "./schema-tools.ts";
import { skills } from "./skills.ts";
import { statelessTools } from "./stateless-tools.ts";
import { taskTools } from "./task-tools.ts";

export { StdioContainer } from "../../../src/stdio/container.ts";
export { StdioLocal } from "../../../src/stdio/local.ts";

const server = defineServer({
	signIn: identityProviders(),
	info: { name: "conformance", title: "Conformance", version: "1.0.0" },
	catalogue: {
		// The suite calls the first tool without arguments.
		tools: [...contentTools, ...askingTools, ...schemaTools, ...inputRequiredTools, ...statelessTools, ...taskTools],
		resources,
		prompts,
		skills,
	},
	extras: [stdio(), playground()],
});

const worker: Worker = createWorker(server);

export class RemoteMcp extends worker.RemoteMcp {}

export default worker.handler;
