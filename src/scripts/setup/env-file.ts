/** Changes settings in a file of `NAME=value` lines, and leaves everything else in it as it was. */
import { existsSync, realpathSync, rmSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { parseEnv } from "node:util";

const MODE_OF_SECRETS = 0o600;
/** What no reader of such files takes for a quote, a comment, a variable or an escape. */
const PLAIN = /^[\w.:/@+~,*=%-]*$/;

/**
 * @param text the file
 * @param changes the new values; an empty one keeps the line, without a value
 * @returns the file with the changes: in place where a setting has a line, and at the end where it has none
 * @throws Error for a value that such a file cannot hold; it names the setting only
 */
export function changeSettings(text: string, changes: ReadonlyMap<string, string>): string {
	const end = text.includes("\r\n") ? "\r\n" : "\n";
	const lines = text.split(/\r?\n/);
	const blocks = blocksOf(lines);
	const added: string[] = [];
	for (const [name, value] of changes) {
		// If a name has several lines, the last one counts.
		const block = blocks.findLast((one) => one.name === name);
		const line = `${name}=${quote(name, value)}`;
		if (block) block.lines = [block.isExported ? `export ${line}` : line];
		else added.push(line);
	}
	const kept = blocks.flatMap((block) => block.lines);
	while (added.length > 0 && kept.at(-1) === "") kept.pop();
	const changed = added.length > 0 ? [...kept, ...added, ""].join(end) : kept.join(end);
	const read = parseEnv(changed);
	const wrong = [...changes].find(([name, value]) => read[name] !== value);
	if (wrong) throw new Error(`${wrong[0]} has characters that a settings file cannot hold.`);
	return changed;
}

/** Replaces a file in one step, readable by its owner only. Through a link, the file that it leads to. */
export async function replaceFile(path: string, text: string): Promise<void> {
	const target = existsSync(path) ? realpathSync(path) : path;
	const temporary = `${target}.${process.pid}`;
	try {
		await writeFile(temporary, text, { mode: MODE_OF_SECRETS, flag: "wx" });
		await rename(temporary, target);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw error;
	}
}

type Block = { readonly name: string | undefined; readonly isExported: boolean; lines: string[] };

/** A setting with all lines of its value, or a line that is no setting. */
function blocksOf(lines: readonly string[]): Block[] {
	const blocks: Block[] = [];
	for (let index = 0; index < lines.length; index++) {
		const [line, exported, name, value = ""] = /^\s*(export\s+)?([\w.-]+)\s*=\s*(.*)$/.exec(lines[index] ?? "") ?? [];
		const last = line === undefined ? index : lastLineOf(lines, index, value);
		blocks.push({ name, isExported: exported !== undefined, lines: lines.slice(index, last + 1) });
		index = last;
	}
	return blocks;
}

/** A quoted value may have several lines. A quote that is never closed belongs to a value of one line. */
function lastLineOf(lines: readonly string[], index: number, value: string): number {
	const [quote] = /^['"`]/.exec(value) ?? [];
	if (quote === undefined || value.indexOf(quote, 1) !== -1) return index;
	const last = lines.findIndex((line, at) => at > index && line.includes(quote));
	return last === -1 ? index : last;
}

function quote(name: string, value: string): string {
	if (PLAIN.test(value)) return value;
	const mark = ["'", '"', "`"].find((one) => !value.includes(one));
	if (mark === undefined || /[\r\n]/.test(value))
		throw new Error(`${name} has characters that a settings file cannot hold.`);
	return `${mark}${value}${mark}`;
}
