/** What is built once for each origin of a server. */
import { perServer } from "../auth/per-server.ts";
import type { Server } from "../mcp/definition.ts";

/** Enough for a deployment's hosts; a wildcard route must not fill the memory. */
const MAX_ORIGINS = 32;

/** Builds something once for each origin at which a server is reached under an environment's settings. */
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
