/** Makes a value once for each pair of a server and an environment. */
export function perServer<Server extends object, T>(
	make: (server: Server, env: Env) => T,
): (server: Server, env: Env) => T {
	const madeFor = new WeakMap<Server, WeakMap<Env, { readonly value: T }>>();
	return (server, env) => {
		const madeUnder = madeFor.get(server) ?? new WeakMap<Env, { readonly value: T }>();
		madeFor.set(server, madeUnder);
		const made = madeUnder.get(env) ?? { value: make(server, env) };
		madeUnder.set(env, made);
		return made.value;
	};
}
