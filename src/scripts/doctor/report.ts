/** A report for people: what is wrong first to the eye, and each with what to do. */
import { styleText } from "node:util";
import type { Status } from "./check.ts";
import type { Report, Reported } from "./examine.ts";

const MARKS: Readonly<Record<Status, readonly [mark: string, color: "green" | "yellow" | "red" | "gray"]>> = {
	ok: ["ok     ", "green"],
	warning: ["warning", "yellow"],
	fault: ["FAULT  ", "red"],
	skipped: ["skipped", "gray"],
};

/** Servers choose some of the texts: control characters would control the terminal. */
const forTerminal = (text: string) => text.replace(/\p{Cc}|\p{Cf}/gu, "�");

/** The report as it is printed: the marks have colours in a terminal, unless NO_COLOR is set. */
export function describe({ url, findings, counts }: Report): string {
	const hasColors = process.stdout.isTTY === true && !process.env.NO_COLOR;
	const lines = findings.filter(({ status }) => status !== "skipped").flatMap((finding) => linesOf(finding, hasColors));
	// What is skipped is mostly skipped for one reason.
	const reasons = Map.groupBy(
		findings.filter(({ status }) => status === "skipped"),
		({ what }) => what,
	);
	for (const [what, group] of reasons) {
		const id = group.map((finding) => finding.id).join(", ");
		lines.push(...linesOf({ id, title: "", status: "skipped", what }, hasColors));
	}
	const plural = (count: number, name: string) => `${count} ${name}${count === 1 ? "" : "s"}`;
	const summary = `${plural(counts.fault, "fault")}, ${plural(counts.warning, "warning")}, ${counts.ok} ok, ${counts.skipped} skipped.`;
	return [`${forTerminal(url)}`, "", ...lines, "", summary].join("\n");
}

function linesOf({ id, status, what, do: advice, source }: Reported, hasColors: boolean): string[] {
	const [mark, color] = MARKS[status];
	const shown = hasColors ? styleText(color, mark, { validateStream: false }) : mark;
	return [
		`${shown}  ${id}: ${forTerminal(what)}`,
		...(advice === undefined ? [] : [`         Do: ${forTerminal(advice)}`]),
		...(source === undefined || status === "ok" ? [] : [`         See: ${source}`]),
	];
}
