/** The entry point: exports the Worker and its Durable Object classes under the names that wrangler.jsonc binds. */
import { server } from "./server.ts";
import { createWorker, type Worker } from "./worker.ts";

export { StdioContainer } from "./stdio/container.ts";
export { StdioLocal } from "./stdio/local.ts";

const worker: Worker = createWorker(server);

export class RemoteMcp extends worker.RemoteMcp {}

export default worker.handler;
