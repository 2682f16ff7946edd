/** What is in a user's object: for tests that look behind the door, or that take the object away. */
import { evictDurableObject, listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { RemoteMcp } from "../../src/index.ts";
import type { Keeper, Server } from "../../src/mcp/definition.ts";
import { History } from "../../src/mcp/object/history.ts";
import type { UserSessions } from "../../src/mcp/object/user-sessions.ts";
import { callMethod } from "../../src/mcp/user-state.ts";
import { unsealed } from "../../src/oauth/sealed-token.ts";

/** Whose a token is: it begins with the user's id. */
export function userOf(token: string): string {
	return token.slice(0, token.indexOf(":"));
}

/** The secret part of a token, without the seal. */
export function secretOf(token: string): string {
	return unsealed(token).slice(token.lastIndexOf(":") + 1);
}

export const objectOf = (userId: string) => env.MCP_OBJECT.getByName(userId);

/** Names of all objects that hold anything of a user. */
export async function listObjects(): Promise<string[]> {
	return (await listDurableObjectIds(env.MCP_OBJECT)).map(String).sort();
}

/** Ends the object of a user, as the runtime may at any time; the next message starts it again. */
export const evict = (userId: string) => evictDurableObject(objectOf(userId));

/** As a deployment does it: what is in memory goes, whatever waits. */
export async function restart(userId: string): Promise<void> {
	const aborted = runInDurableObject(objectOf(userId), (_instance: RemoteMcp, state) => state.abort("restart"));
	await aborted.catch(() => {});
}

/** How many event streams of a user's clients are open. */
export function openStreams(userId: string): Promise<number> {
	return runInDurableObject(objectOf(userId), (instance: RemoteMcp) => [...instance.getConnections()].length);
}

/** The rows of a table, if there is one. */
export function rowsOf(userId: string, table: string): Promise<Record<string, SqlStorageValue>[]> {
	return runInDurableObject(objectOf(userId), (_instance: RemoteMcp, { storage }) => {
		const found = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?", table).toArray();
		return found.length === 0 ? [] : storage.sql.exec(`SELECT * FROM "${table}"`).toArray();
	});
}

export function execute(userId: string, statement: string): Promise<void> {
	return runInDurableObject(objectOf(userId), (_instance: RemoteMcp, { storage }) => {
		storage.sql.exec(statement);
	});
}

/** Everything an object has written, as text. */
export function storedIn(userId: string): Promise<string> {
	return runInDurableObject(objectOf(userId), async (_instance: RemoteMcp, { storage }) => {
		const tables = storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
		const own = tables.filter(({ name }) => !name.startsWith("_cf_"));
		const rows = own.flatMap(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray());
		return [...(await storage.list()), ...rows].map((row) => JSON.stringify(row)).join("\n");
	});
}

/** What the object's alarm does. @returns when the next one rings */
export function tidy(userId: string): Promise<number | null> {
	return runInDurableObject(objectOf(userId), async (instance: RemoteMcp, { storage }) => {
		await instance.tidy();
		return storage.getAlarm();
	});
}

export type ServerSettings = { readonly CALL_TIMEOUT_SECONDS?: string; readonly LONG_CALL_TIMEOUT_SECONDS?: string };

/** Has a user's object, before its first message, work with other settings, or offer something else. */
export function replaceServer(
	userId: string,
	{ server, settings }: { server?: Server; settings?: ServerSettings },
): Promise<void> {
	return runInDurableObject(objectOf(userId), (instance: RemoteMcp) => {
		Object.assign(instance, { env: { ...env, ...settings } });
		if (server) Object.defineProperty(instance, "definition", { value: server });
	});
}

type Inside = { readonly definition: Server; readonly sessions: UserSessions };

/** An environment in which the grants of users are kept under its settings too, not only under the project's. */
export function reachingObjects(own: Env): Env {
	const keepers = new WeakMap<RemoteMcp, Keeper>();
	const getByName = (userId: string) =>
		new Proxy(objectOf(userId), {
			get(stub, name) {
				const value: unknown = Reflect.get(stub, name);
				if (name !== "useKeeper") return typeof value === "function" ? value.bind(stub) : value;
				return (method: string, args: unknown[]) =>
					runInDurableObject(objectOf(userId), (instance: RemoteMcp, { storage }) => {
						const { definition, sessions } = instance as unknown as Inside;
						const known = keepers.get(instance);
						if (known) return callMethod(known, method, args);
						const keeper = definition.signIn.keeper?.(definition, {
							env: { ...own, MCP_OBJECT: env.MCP_OBJECT },
							sql: storage.sql,
							tidyIn() {},
							waitUntil() {},
							endGrant: (grantId) => sessions.endGrant(grantId),
							claimsChanged() {},
							announce: (change) => sessions.announce(change),
							history: new History(storage.sql),
							openStreams: () => sessions.openStreams(),
						});
						if (!keeper) throw new Error("This sign-in keeps nothing");
						keepers.set(instance, keeper);
						return callMethod(keeper, method, args);
					});
			},
		});
	return { ...own, MCP_OBJECT: { getByName } as unknown as Env["MCP_OBJECT"] };
}

/** Until it is restored, no object can be reached. */
export function breakObjects(): { restore(): void } {
	const spy = vi.spyOn(env.MCP_OBJECT, "getByName").mockImplementation(() => {
		throw new Error("The object cannot be reached");
	});
	return { restore: () => spy.mockRestore() };
}

/** Counts the calls of an object's methods, and of the stubs it hands out. */
export function counted<T extends object>(target: T, calls: string[], stubs = false): T {
	return new Proxy(target, {
		get(object, name) {
			const value: unknown = Reflect.get(object, name);
			if (typeof value !== "function") return value;
			return (...args: unknown[]) => {
				const result: unknown = Reflect.apply(value, object, args);
				if (stubs && name === "getByName") return counted(result as object, calls);
				calls.push(String(name));
				return result;
			};
		},
	});
}
