/** This server on the worst Workers KV. */
import { server } from "../../../src/server.ts";
import { createWorker, type Worker } from "../../../src/worker.ts";
import { withStore } from "./kv.ts";

export { StdioContainer } from "../../../src/stdio/container.ts";
export { StdioLocal } from "../../../src/stdio/local.ts";

const worker: Worker = createWorker(server);

export class RemoteMcp extends worker.RemoteMcp {
	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, withStore(env));
	}
}

export default {
	fetch: (request: Request, env: Env, ctx: ExecutionContext) => worker.handler.fetch(request, withStore(env), ctx),
};
