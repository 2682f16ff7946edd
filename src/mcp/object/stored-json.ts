/** Reads a JSON text from storage. @returns undefined for one that is damaged, which counts as absent */
export function parseStored(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
