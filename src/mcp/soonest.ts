/** The smallest of some times, of which each may be undefined. */
export function soonest(times: readonly (number | undefined)[]): number | undefined {
	const known = times.filter((time) => time !== undefined);
	return known.length === 0 ? undefined : Math.min(...known);
}
