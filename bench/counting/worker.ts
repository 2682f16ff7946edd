/**
 * Goes around a Worker and its Durable Objects: counts what they ask of KV, of objects and of storage, and can put every
 * object further away. Worker and objects share this module, since workerd runs them in one isolate.
 */
import { withEnv } from "cloudflare:workers";
import { COUNTS_PATH, type Counts, NOTHING } from "./counts.ts";

let counts: Counts = { ...NOTHING };
let distance = 0;

/** What an operation on KV is billed as. */
const KV = {
	get: "kvReads",
	getWithMetadata: "kvReads",
	put: "kvWrites",
	delete: "kvWrites",
	list: "kvLists",
} as const;

type CountedWorker<E> = { fetch(request: Request, env: E, ctx: ExecutionContext): Response | Promise<Response> };

export function countWorker<E extends object>(worker: CountedWorker<E>): ExportedHandler<E> {
	let counted: E | undefined;
	return {
		async fetch(request, env, ctx) {
			const { pathname, searchParams } = new URL(request.url);
			if (pathname === COUNTS_PATH) {
				distance = Number(searchParams.get("distance"));
				const answer = Response.json(counts);
				counts = { ...NOTHING };
				return answer;
			}
			counts.requests++;
			// One for all requests: a Worker may keep things by its environment.
			counted ??= countBindings(env, () => distance);
			const bindings = counted;
			return withEnv(bindings, () => worker.fetch(request, bindings, ctx)) as Promise<Response>;
		},
	};
}

/** A Durable Object's class whose storage is counted, and what its objects ask of others. */
export function countClass<C extends object>(durableObject: C): C {
	return new Proxy(durableObject, {
		construct(target, [ctx, env], newTarget) {
			countStorage(ctx.storage);
			return Reflect.construct(target as new () => object, [ctx, countBindings(env, () => 0)], newTarget);
		},
	});
}

function countBindings<E extends object>(env: E, delay: () => number): E {
	const counted = Object.entries(env).map(([name, binding]) => {
		if (binding instanceof Object && "getWithMetadata" in binding) return [name, countKv(binding)];
		if (binding instanceof Object && "idFromName" in binding) return [name, countNamespace(binding, delay)];
		return [name, binding];
	});
	return Object.fromEntries(counted);
}

type Method = (...args: unknown[]) => unknown;

/** An object whose methods are called through another function. */
function wrap<T extends object>(target: T, around: (name: string, method: Method) => Method): T {
	return new Proxy(target, {
		get(_, name) {
			const value: unknown = Reflect.get(target, name, target);
			if (typeof value !== "function" || typeof name !== "string") return value;
			return around(name, (...args) => Reflect.apply(value, target, args));
		},
	});
}

function countKv(kv: object): object {
	return wrap(kv, (name, method) => (...args) => {
		if (name in KV) counts[KV[name as keyof typeof KV]]++;
		return method(...args);
	});
}

function countNamespace(namespace: object, delay: () => number): object {
	const countStub = (stub: object) =>
		wrap(stub, (_, method) => (...args) => {
			counts.objectCalls++;
			if (delay() === 0) return method(...args);
			return scheduler.wait(delay()).then(() => method(...args));
		});
	return wrap(namespace, (name, method) => (...args) => {
		const result = method(...args);
		return name === "get" || name === "getByName" ? countStub(result as object) : result;
	});
}

/** The real storage, since the runtime takes no other: its methods are replaced. */
function countStorage(storage: DurableObjectStorage): void {
	const replace = <T extends object>(
		target: T,
		name: keyof T & string,
		count: (result: unknown, args: unknown[]) => void,
	) => {
		const method = target[name] as Method;
		Object.defineProperty(target, name, {
			value: (...args: unknown[]) => {
				const result = Reflect.apply(method, target, args);
				count(result, args);
				return result;
			},
		});
	};
	const sizeOf = (keys: unknown) => (keys instanceof Object ? Object.keys(keys).length : 1);
	const read = (_: unknown, [keys]: unknown[]) => {
		counts.rowsRead += sizeOf(keys);
	};
	const write = (_: unknown, [keys]: unknown[]) => {
		counts.rowsWritten += sizeOf(keys);
	};
	for (const target of [storage, storage.kv]) {
		replace(target, "get", read);
		replace(target, "put", write);
		replace(target, "delete", write);
	}
	replace(storage, "setAlarm", () => counts.rowsWritten++);
	replace(storage, "list", async (rows) => {
		counts.rowsRead += ((await rows) as Map<string, unknown>).size;
	});
	replace(storage.sql, "exec", (cursor) => {
		// When the caller has read the rows, which it does at once.
		queueMicrotask(() => {
			const { rowsRead, rowsWritten } = cursor as SqlStorageCursor<never>;
			counts.rowsRead += rowsRead;
			counts.rowsWritten += rowsWritten;
		});
	});
}
