/** The outline of a JSON object that is too large to keep: its members, with null for each object and array among them. */

/** A longer string among the members is taken for an empty one: no id and no name of a method is that long. */
const MAX_STRING_LENGTH = 256;
const MAX_LENGTH = 8192;

export class Outline {
	#kept = "";
	#depth = 0;
	#isString = false;
	#isEscaped = false;
	/** Where the string begins that is being read. */
	#start = 0;

	/** @param piece what follows, in any pieces */
	add(piece: string): void {
		for (let index = 0; index < piece.length; index++) {
			if (this.#isString) this.#addToString(piece.charAt(index));
			else this.#addOutside(piece.charAt(index));
		}
	}

	/** @returns the object, as far as it can be read */
	read(): { readonly id?: unknown; readonly method?: unknown; readonly result?: unknown; readonly error?: unknown } {
		try {
			return Object(JSON.parse(this.#kept));
		} catch {
			return {};
		}
	}

	#addToString(character: string): void {
		const isEnd = character === '"' && !this.#isEscaped;
		this.#isEscaped = character === "\\" && !this.#isEscaped;
		this.#isString = !isEnd;
		if (isEnd && this.#kept.length - this.#start > MAX_STRING_LENGTH) this.#kept = this.#kept.slice(0, this.#start);
		if (isEnd || this.#kept.length - this.#start <= MAX_STRING_LENGTH) this.#keep(character);
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
