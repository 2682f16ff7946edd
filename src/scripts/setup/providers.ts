/** Which identity providers to set up. */
import type { Provider } from "./answer.ts";
import type { Questions } from "./questions.ts";

/** @throws Error that lists the names */
export function findProvider(providers: readonly Provider[], word: string): Provider {
	const number = /^\d+$/.test(word) ? Number(word) : undefined;
	const wanted = word.toLowerCase();
	const found =
		number === undefined
			? providers.find(({ name, title }) => name === wanted || title.toLowerCase() === wanted)
			: providers[number - 1];
	if (found) return found;
	throw new Error(`There is no identity provider ${word}. There are: ${providers.map(({ name }) => name).join(", ")}.`);
}

/** @param isSet whether a setting has a value @returns those that the user chooses, perhaps none */
export async function askProviders(
	providers: readonly Provider[],
	questions: Questions,
	isSet: (name: string) => boolean,
): Promise<Provider[]> {
	console.log("\nWhich identity providers do users sign in with?\n");
	for (const [index, { title, required }] of providers.entries()) {
		const missing = required.filter((name) => !isSet(name));
		const state = missing.length === 0 ? "  (set up)" : missing.length < required.length ? "  (not complete)" : "";
		console.log(`  ${index + 1}  ${title}${state}`);
	}
	console.log("");
	for (;;) {
		const answer = await questions.ask("Numbers or names, with commas between them; Enter for none:");
		try {
			const words = answer.split(",").map((word) => word.trim());
			return [...new Set(words.filter((word) => word !== "").map((word) => findProvider(providers, word)))];
		} catch (error) {
			console.log(error instanceof Error ? error.message : error);
		}
	}
}
