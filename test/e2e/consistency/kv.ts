/** The namespace as a Worker at one location sees it. */
import type { Question } from "./store.ts";

type Placed = Env & { readonly LOCATION: string; readonly STORE: Fetcher };

const placed = new WeakMap<Env, Env>();

/** An environment with the worst Workers KV. */
export function withStore<E extends Env>(env: E): E {
	const known = placed.get(env) ?? { ...env, OAUTH_KV: namespaceOf(env as unknown as Placed) };
	placed.set(env, known);
	return known as E;
}

function namespaceOf({ STORE, LOCATION: location }: Placed): KVNamespace {
	const ask = async <T>(question: Question): Promise<T> => {
		const response = await STORE.fetch("http://store/", { method: "POST", body: JSON.stringify(question) });
		return response.json<T>();
	};
	const write = async (question: Question): Promise<void> => {
		const { error } = await ask<{ error?: string }>(question);
		if (error !== undefined) throw new Error(error);
	};
	const namespace = {
		async get(key: string, options?: "json" | { type?: string }) {
			const { value } = await ask<{ value: string | null }>({ op: "get", location, key });
			const isJson = options === "json" || (typeof options === "object" && options.type === "json");
			return value !== null && isJson ? JSON.parse(value) : value;
		},
		put: (key: string, value: string, options: { metadata?: unknown } = {}) =>
			write({ op: "put", location, key, value, metadata: options.metadata }),
		delete: (key: string) => write({ op: "delete", location, key }),
		list: ({ prefix = "" }: { prefix?: string } = {}) => ask({ op: "list", location, prefix }),
	};
	return namespace as unknown as KVNamespace;
}
