/** The Worker under settings of a test's own. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "#under-test";
import { reachingObjects } from "./objects.ts";
import type { Fetch } from "./person.ts";

export function workerWith(settings: Readonly<Record<string, string>>): Fetch {
	// One object for good: settings are read once for each.
	const own = reachingObjects({ ...env, ...settings } as Env);
	return async (url, init) => worker.fetch(new Request(url, init), own, createExecutionContext());
}
