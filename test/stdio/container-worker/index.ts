/** The Worker as it is deployed with a container, where no container can run: its program is a process on this computer. */
import app, { RemoteMcp } from "../../../src/index.ts";
import { StdioContainer as RealContainer } from "../../../src/stdio/container.ts";
import { ProcessAsContainer } from "./process-as-container.ts";

export { StdioLocal } from "../../../src/stdio/local.ts";
export { RemoteMcp };

type TestEnv = Env & { readonly CONTAINER_HOST: string };

export class StdioContainer extends RealContainer {
	constructor(ctx: DurableObjectState<object>, env: TestEnv) {
		Object.defineProperty(ctx, "container", { value: new ProcessAsContainer(env.CONTAINER_HOST, ctx.id.name ?? "") });
		super(ctx, env);
	}

	/** What keeps it from sleeping. */
	countInFlight(): number {
		return Number(Reflect.get(this, "inflightRequests"));
	}
}

export default {
	async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
		const { pathname, searchParams } = new URL(request.url);
		if (pathname !== "/test/in-flight") return app.fetch(request, env, ctx);
		const namespace: { getByName(name: string): unknown } = env.STDIO_OBJECT;
		const object = namespace.getByName(searchParams.get("user") ?? "") as { countInFlight(): Promise<number> };
		return Response.json(await object.countInFlight());
	},
};
