/** Parses a JSON text from storage. @returns undefined if it is damaged; it then counts as absent */
export function parseStored(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
