/** @param at in seconds since the epoch */
export function Time({ at }: { at: number }) {
	const iso = new Date(at * 1000).toISOString();
	return <time datetime={iso}>{`${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`}</time>;
}
