/** This server with an image model that never answers, or that fails at once: then the tool draws its stand-in. */
import type { DefinedServer } from "../../../src/mcp/define/server.ts";
import { server as product } from "../../../src/server.ts";
import { createWorker, type Worker } from "../../../src/worker.ts";

export { StdioContainer } from "../../../src/stdio/container.ts";
export { StdioLocal } from "../../../src/stdio/local.ts";

const server: DefinedServer = {
	...product,
	services(request) {
		const isHeld = Reflect.get(request.env, "IMAGE_MODEL") === "held";
		const run = () => (isHeld ? new Promise(() => {}) : Promise.reject(new Error("There is no model here")));
		return { ...product.services(request), ai: { run } };
	},
};

const worker: Worker = createWorker(server);

export class RemoteMcp extends worker.RemoteMcp {}

export default worker.handler;
