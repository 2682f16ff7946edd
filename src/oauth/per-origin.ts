/** Enough for a deployment's hosts; a wildcard route must not fill the memory. */
const MAX_ORIGINS = 32;

/** Builds something once for each origin that is served under an environment's settings, on the origin's first request. */
export function perOrigin<T>(build: (origin: string, env: Env) => T): (origin: string, env: Env) => T {
	const builtUnder = new WeakMap<Env, Map<string, T>>();
	return (origin, env) => {
		const built = builtUnder.get(env) ?? new Map<string, T>();
		builtUnder.set(env, built);
		const known = built.get(origin);
		if (known) return known;
		if (built.size >= MAX_ORIGINS) built.clear();
		const made = build(origin, env);
		built.set(origin, made);
		return made;
	};
}
