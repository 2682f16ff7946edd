/** The values in a child's environment that its lines in the log must not show: the operator's keys, and who the user is. */
import { isPassedOn, type Variables } from "./environment.ts";

/** A shorter value is no key, and would be found inside of words. */
const MIN_LENGTH = 8;
const MIN_PART_LENGTH = 4;
/** Credentials that the child got elsewhere. */
const CREDENTIALS = /\b(Bearer|Basic)\s+[\w.~+/:=-]{8,}/gi;

type Hidden = { readonly text: string; readonly name: string };

export class Secrets {
	/** The longest first, because one may contain another. */
	readonly #hidden: readonly Hidden[];

	constructor(env: Variables) {
		this.#hidden = Object.entries(env)
			.filter(([name]) => !isPassedOn(name) && name !== "MCP_USER_PERMISSIONS")
			.flatMap(([name, value = ""]) => formsOf(value).map((text) => ({ text, name })))
			.sort((one, other) => other.text.length - one.text.length);
	}

	/** Replaces each secret by the name of its variable. @param isCut whether the end of the text is missing */
	hide(text: string, isCut: boolean): string {
		let hidden = text;
		for (const { text: secret, name } of this.#hidden) hidden = hidden.replaceAll(secret, `[${name}]`);
		hidden = hidden.replace(CREDENTIALS, "$1 [hidden]");
		return isCut ? this.#withoutPart(hidden) : hidden;
	}

	/** Removes the beginning of a secret from the end of a text. */
	#withoutPart(text: string): string {
		for (const { text: secret } of this.#hidden) {
			for (let length = secret.length - 1; length >= MIN_PART_LENGTH; length--) {
				if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length);
			}
		}
		return text;
	}
}

/** A value as it may appear in one line: each of its lines, without the scheme of an Authorization header, and encoded. */
function formsOf(value: string): string[] {
	const token = /^(?:Bearer|Basic)\s+(.+)$/i.exec(value)?.[1];
	const parts = [...value.toWellFormed().split(/[\r\n]+/), ...(token === undefined ? [] : [token])]
		.map((part) => part.trim())
		.filter((part) => part.length >= MIN_LENGTH);
	return [...new Set(parts.flatMap((part) => [part, encodeURIComponent(part), JSON.stringify(part).slice(1, -1)]))];
}
