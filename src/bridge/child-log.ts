/**
 * The log of one child: what it writes that is no message. Each entry is marked as the child's, cut, and without control
 * characters and secrets. If there are too many, the rest of them is only counted.
 */
import { stripVTControlCharacters } from "node:util";
import type { Variables } from "./environment.ts";
import { type LogFields, log } from "./log.ts";
import { Secrets } from "./secrets.ts";

/** How much of a line is looked at. */
export const MAX_LINE_LENGTH = 4_000;
const MAX_LINES = 100;
const PERIOD_MILLISECONDS = 10_000;

/** They move the cursor of a terminal, end a line for some readers, or change the order of what is shown. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

export class ChildLog {
	readonly #child: string;
	readonly #secrets: Secrets;
	/** How many entries came in this period. */
	#count = 0;

	constructor(child: string, env: Variables) {
		this.#child = child;
		this.#secrets = new Secrets(env);
	}

	/**
	 * @param text what the child wrote, or the beginning of it
	 * @param bytes how much it wrote
	 * @param length how many characters are shown
	 */
	write(event: string, text: string, bytes: number, length = MAX_LINE_LENGTH): void {
		this.#add(event, () => ({ line: this.#clean(text, bytes, length) }));
	}

	/** A message that is not passed on. @param method as the child wrote it */
	refuse(event: string, method: string | undefined, fields: LogFields): void {
		this.#add(event, () => ({ ...fields, method: method && this.#clean(method, 0, MAX_LINE_LENGTH) }));
	}

	#add(event: string, fields: () => LogFields): void {
		if (this.#count === 0) setTimeout(() => this.#endPeriod(), PERIOD_MILLISECONDS).unref();
		this.#count++;
		if (this.#count <= MAX_LINES) log(event, { child: this.#child, ...fields() });
	}

	#endPeriod(): void {
		const lines = this.#count - MAX_LINES;
		this.#count = 0;
		if (lines > 0) log("child_left_out", { child: this.#child, lines });
	}

	#clean(text: string, bytes: number, length: number): string {
		const start = text.slice(0, MAX_LINE_LENGTH);
		const isCut = start.length < text.length || bytes > MAX_LINE_LENGTH;
		const plain = stripVTControlCharacters(start).replaceAll("\t", " ").replace(CONTROL, "\uFFFD");
		const hidden = this.#secrets.hide(plain, isCut);
		if (!isCut && hidden.length <= length) return hidden;
		return `${hidden.slice(0, length).toWellFormed()}… (${bytes} bytes)`;
	}
}
