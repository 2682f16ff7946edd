/** Enough for a deployment's hosts; a wildcard route must not fill the memory. */
const MAX_ORIGINS = 32;

/** Builds something once for each origin that is served, on the origin's first request. */
export function perOrigin<T>(build: (origin: string) => T): (origin: string) => T {
	const built = new Map<string, T>();
	return (origin) => {
		const known = built.get(origin);
		if (known) return known;
		if (built.size >= MAX_ORIGINS) built.clear();
		const made = build(origin);
		built.set(origin, made);
		return made;
	};
}
