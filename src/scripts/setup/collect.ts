/** Collects the new values of settings: from what is given without a question, and from answers. */
import { cleanAnswer, isSecret, type Provider } from "./answer.ts";
import type { Place } from "./place.ts";
import type { Questions } from "./questions.ts";

/** Empties a setting, as an answer. */
const EMPTY = "-";

export class Collection {
	/** The new values of the settings that change. */
	readonly changes = new Map<string, string>();
	/** Required settings that have no value. */
	readonly missing: string[] = [];
	readonly #place: Place;
	readonly #given: Readonly<Record<string, string | undefined>>;
	readonly #questions: Questions | undefined;

	/** @param questions undefined to ask none */
	constructor(place: Place, given: Readonly<Record<string, string | undefined>>, questions: Questions | undefined) {
		this.#place = place;
		this.#given = given;
		this.#questions = questions;
	}

	has(name: string): boolean {
		const change = this.changes.get(name);
		return change === undefined ? this.#place.names.has(name) : change !== "";
	}

	/** The values that are known, with the changes. */
	values(): Map<string, string> {
		const before = Object.entries(this.#place.values).map(([name, value = ""]) => [name, value] as const);
		return new Map([...before, ...this.changes].filter(([, value]) => value !== ""));
	}

	/** Takes a value that needs no question. @throws Error with a sentence if it cannot be one */
	take(name: string, typed: string): void {
		const { value, notes } = cleanAnswer(name, typed);
		for (const note of notes) console.log(`  ${note}`);
		if (value !== (this.#place.values[name] ?? "") || (value === "" && this.#place.names.has(name)))
			this.changes.set(name, value);
	}

	/** Takes all values that were given. */
	takeGiven(): void {
		for (const [name, value] of Object.entries(this.#given)) if (value !== undefined) this.take(name, value);
	}

	/** Asks until there is a value, or a required setting keeps the one that it has. */
	async require({ required, title }: Provider): Promise<void> {
		for (const name of required) {
			if (this.#given[name] !== undefined) continue;
			if (this.#questions) await this.#ask(name, `${name} of ${title}`, true);
			else if (!this.has(name)) this.missing.push(name);
		}
	}

	/** @param what for the question */
	async offer(name: string, what: string): Promise<void> {
		if (this.#given[name] === undefined && this.#questions) await this.#ask(name, `${name} (${what})`, false);
	}

	async #ask(name: string, what: string, isRequired: boolean): Promise<void> {
		const isSet = this.has(name);
		const hint = isSet ? ` [set: Enter keeps it${isRequired ? "" : `, ${EMPTY} empties it`}]` : "";
		for (;;) {
			const answer = await this.#questions?.ask(`  ${what}${hint}:`, { isSecret: isSecret(name) });
			if (!answer && isSet) return;
			if (!answer && !isRequired) return;
			try {
				if (!answer) throw new Error(`${name} is needed. Ctrl-C stops without writing anything.`);
				return this.take(name, answer === EMPTY && !isRequired ? "" : answer);
			} catch (error) {
				console.log(`  ${error instanceof Error ? error.message : error}`);
			}
		}
	}
}
