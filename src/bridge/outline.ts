/** The outline of a JSON object that is too large to keep: its members, with nested objects and arrays as null. */

/** In bytes. A longer string becomes an empty one: no id and no method name is that long. */
const MAX_STRING_LENGTH = 256;
const MAX_LENGTH = 8192;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class Outline {
	/** One character per byte, because a piece may end within a UTF-8 character. */
	#kept = "";
	#depth = 0;
	#isString = false;
	#isEscaped = false;
	/** Where the current string begins. */
	#start = 0;

	/** @param piece the next piece, of any length */
	add(piece: Buffer): void {
		let index = 0;
		while (index < piece.length) {
			if (this.#isString) index = this.#addToString(piece, index);
			else this.#addOutside(String.fromCharCode(piece[index++] ?? 0));
		}
	}

	/** @returns the object, as far as it can be read */
	read(): { readonly id?: unknown; readonly method?: unknown; readonly result?: unknown; readonly error?: unknown } {
		try {
			return Object(JSON.parse(Buffer.from(this.#kept, "latin1").toString()));
		} catch {
			return {};
		}
	}

	/** Reads up to the end of the string, or to the next backslash. @returns the index to continue at */
	#addToString(piece: Buffer, start: number): number {
		let index = this.#isEscaped ? start + 1 : start;
		while (index < piece.length && piece[index] !== QUOTE && piece[index] !== BACKSLASH) index++;
		this.#isEscaped = piece[index] === BACKSLASH;
		this.#isString = piece[index] !== QUOTE;
		if (this.#depth > 1) return index + 1;
		const end = this.#isEscaped ? index + 1 : index;
		const room = this.#start + MAX_STRING_LENGTH + 1 - this.#kept.length;
		this.#keep(piece.toString("latin1", start, Math.min(end, start + room)));
		if (!this.#isString) {
			if (this.#kept.length > this.#start + MAX_STRING_LENGTH) this.#kept = this.#kept.slice(0, this.#start);
			this.#keep('"');
		}
		return index + 1;
	}

	#addOutside(character: string): void {
		switch (character) {
			case '"':
				this.#isString = true;
				this.#keep(character);
				this.#start = this.#kept.length;
				break;
			case "{":
			case "[":
				this.#keep(this.#depth === 1 ? "null" : character);
				this.#depth++;
				break;
			case "}":
			case "]":
				this.#depth--;
				if (this.#depth === 0) this.#keep(character);
				break;
			default:
				this.#keep(character);
		}
	}

	#keep(text: string): void {
		if (this.#depth <= 1 && this.#kept.length < MAX_LENGTH) this.#kept += text;
	}
}
