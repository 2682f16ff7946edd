/** The limits of a message's shape. Deep or fine-grained JSON costs its readers much more than its bytes. */

/** The same limit as for messages of clients. */
const MAX_DEPTH = 256;
/** The memory for so many values is tens of megabytes. An object of Cloudflare has 128 MB for all. */
const MAX_VALUES = 500_000;
/** Each level takes at least two characters. */
const MIN_LENGTH = 2 * MAX_DEPTH;

/** @returns why a JSON text is not passed on; undefined if it is */
export function shapeProblem(json: string): string | undefined {
	if (json.length <= MIN_LENGTH) return undefined;
	let depth = 0;
	let values = 0;
	for (let index = 0; index < json.length; index++) {
		switch (json[index]) {
			case '"':
				index = endOfString(json, index);
				break;
			case "{":
			case "[":
				values++;
				depth++;
				break;
			case "}":
			case "]":
				depth--;
				break;
			case ",":
				values++;
		}
		if (depth > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
		if (values > MAX_VALUES) return `it has more than ${MAX_VALUES} values`;
	}
	return undefined;
}

function endOfString(json: string, start: number): number {
	let end = json.indexOf('"', start + 1);
	while (end !== -1 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
	return end === -1 ? json.length : end;
}

function isEscaped(json: string, index: number): boolean {
	let first = index;
	while (json[first - 1] === "\\") first--;
	return (index - first) % 2 === 1;
}
