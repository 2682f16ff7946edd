/** Keeps one value for each origin of a server. */
import { perServer } from "../auth/per-server.ts";
import type { Server } from "../mcp/definition.ts";

/** Enough for the hosts of a deployment. The limit keeps a wildcard route from filling the memory. */
const MAX_ORIGINS = 32;

/** Builds a value once for each origin of a server, under an environment's settings. */
export function perOrigin<T>(
	build: (server: Server, origin: string, env: Env) => T,
): (server: Server, origin: string, env: Env) => T {
	const builtUnder = perServer(() => new Map<string, T>());
	return (server, origin, env) => {
		const built = builtUnder(server, env);
		const known = built.get(origin);
		if (known) return known;
		if (built.size >= MAX_ORIGINS) built.clear();
		const made = build(server, origin, env);
		built.set(origin, made);
		return made;
	};
}
