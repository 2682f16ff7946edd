const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

/** @param at in seconds since the epoch */
export function Time({ at }: { at: number }) {
	return <time datetime={new Date(at * 1000).toISOString()}>{`${DATE.format(at * 1000)} UTC`}</time>;
}
