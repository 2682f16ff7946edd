/** What is billed by number, and what it costs. */

/**
 * Dollars a million on the paid plan, beyond what the plan includes, November 2026:
 * https://developers.cloudflare.com/workers/platform/pricing/ (requests),
 * https://developers.cloudflare.com/kv/platform/pricing/ and
 * https://developers.cloudflare.com/durable-objects/platform/pricing/ (calls, and rows of SQLite storage).
 */
const DOLLARS_A_MILLION = {
	requests: 0.3,
	kvReads: 0.5,
	/** Deletions, too. */
	kvWrites: 5,
	kvLists: 5,
	objectCalls: 0.15,
	rowsRead: 0.001,
	rowsWritten: 1,
};

export type Counts = Record<keyof typeof DOLLARS_A_MILLION, number>;

const NAMES = Object.keys(DOLLARS_A_MILLION) as (keyof Counts)[];

const eachOf = (count: (name: keyof Counts) => number) =>
	Object.fromEntries(NAMES.map((name) => [name, count(name)])) as Counts;

export const NOTHING: Counts = eachOf(() => 0);

export const divide = (counts: Counts, by: number): Counts => eachOf((name) => counts[name] / by);

/** @returns what a million times this costs in dollars, without CPU time, duration and stored bytes */
export const costOfMillion = (counts: Counts): number =>
	NAMES.reduce((sum, name) => sum + counts[name] * DOLLARS_A_MILLION[name], 0);

/** Where a counted Worker answers with the counts since it was last asked. */
export const COUNTS_PATH = "/bench/counts";

/** @param distance how many milliseconds the objects are away from now on */
export async function takeCounts(origin: string, distance = 0): Promise<Counts> {
	const response = await fetch(`${origin}${COUNTS_PATH}?distance=${distance}`);
	return (await response.json()) as Counts;
}
