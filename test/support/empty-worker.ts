/** The Worker of a server that says nothing of itself but its name. */
import { defineServer } from "../../src/mcp/define/server.ts";
import { identityProviders } from "../../src/sign-in/identity-providers.ts";
import { createWorker, type Worker } from "../../src/worker.ts";

export { StdioContainer } from "../../src/stdio/container.ts";
export { StdioLocal } from "../../src/stdio/local.ts";

export const server = defineServer({
	info: { name: "empty", title: "Empty", version: "0.0.0" },
	signIn: identityProviders(),
});

const worker: Worker = createWorker(server);

export class RemoteMcp extends worker.RemoteMcp {}

export default worker.handler;
