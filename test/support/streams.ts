/** Which event streams a user's object knows of. They are registered beside the answer that opens them. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { UserObject } from "../../src/user/object.ts";

export function openStreams(userId: string): Promise<string[]> {
	return runInDurableObject(env.USER_OBJECT.getByName(userId), (_instance: UserObject, { storage }) => {
		const tables = [...storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'streams'")];
		if (tables.length === 0) return [];
		return [...storage.sql.exec<{ session: string }>("SELECT session FROM streams")].map(({ session }) => session);
	});
}
