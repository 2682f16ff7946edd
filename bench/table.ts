/** A line of the bench's table: a goal, and whether it was met. */
export type Result = {
	readonly what: string;
	readonly against: string;
	readonly goal: string;
	readonly measured: string;
	/** Undefined: not measured. */
	readonly isMet: boolean | undefined;
	/** The numbers behind it. */
	readonly detail: string;
	/** The same by the servers' CPU time. */
	readonly cpu?: string;
};

const verdict = (isMet: boolean | undefined) => (isMet === undefined ? "" : isMet ? "met" : "missed");

export function printResults(results: readonly Result[]): void {
	const rows = results.map(({ isMet, ...row }) => [
		row.what,
		row.against,
		row.goal,
		row.measured,
		verdict(isMet),
		row.detail,
		row.cpu ?? "",
	]);
	printTable([["", "against", "goal", "measured", "", "this server, the other", "by CPU time of the server"], ...rows]);
}

/** Prints rows, the first of which is the head, as Markdown that can be read as it is. */
export function printTable([head = [], ...rows]: readonly string[][]): void {
	const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
	const line = (cells: readonly string[]) =>
		`| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
	console.log([line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line), ""].join("\n"));
}

export const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
