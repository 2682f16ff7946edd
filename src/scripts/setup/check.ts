/** Checks new settings before they are stored. No sentence has a value in it that is a secret. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { ROOT } from "../paths.ts";
import type { WorkerCode } from "../worker-code.ts";
import { findOddities, type Provider } from "./answer.ts";
import type { Collection } from "./collect.ts";
import type { Place } from "./place.ts";
import { checkPublished } from "./published.ts";
import type { Questions } from "./questions.ts";

/** @throws Error if the provider's answer shows that the settings are wrong, and the user does not insist on them */
export async function checkProvider(
	provider: Provider,
	collection: Collection,
	isOffline: boolean,
	questions: Questions | undefined,
): Promise<void> {
	const { title, required } = provider;
	const values = collection.values();
	for (const sentence of findOddities(provider, values)) console.log(`  Perhaps wrong: ${sentence}`);
	const isKnown = required.every((name) => values.has(name));
	const published = isKnown ? provider.published?.(Object.fromEntries(values)) : undefined;
	if (!published || isOffline) return;
	const finding = await checkPublished(published);
	if (!finding) return console.log(`  Checked: what ${title} publishes fits.`);
	if (finding.kind === "unreachable") return console.log(`  Not checked: ${finding.sentence}`);
	console.log(`  Wrong: ${finding.sentence}`);
	if (questions && (await questions.confirm("  Go on all the same?"))) return;
	throw new Error(`Nothing was written: ${title} would not work like this. To leave this check out: --no-check`);
}

/**
 * Asks the Worker's own code. What is wrong with settings that were there before does not prevent new ones.
 *
 * @throws Error if the server would refuse a new value
 */
export function checkSettings(changes: ReadonlyMap<string, string>, place: Place, { examine }: WorkerCode): void {
	const names = [...changes.keys()];
	const { problems, warnings } = examine({ ...place.values, ...Object.fromEntries(changes) }, place.isLocal);
	const isNew = (sentence: string) =>
		names.some((name) => sentence.startsWith(`${name} `) || sentence.startsWith(`${name}:`));
	const refused = problems.filter(isNew);
	if (refused.length > 0) throw new Error(`Nothing was written:\n${refused.map((line) => `  ${line}`).join("\n")}`);
	const known = Object.keys(parseEnv(readFileSync(join(ROOT, "docs/settings.env"), "utf8")));
	const unknown = names.filter((name) => !known.includes(name) && !name.startsWith("STDIO_ENV_"));
	for (const name of unknown) console.log(`  ${name} is not in docs/settings.env. Is it spelled like this?`);
	for (const sentence of warnings.filter(isNew)) console.log(`  ${sentence}`);
}
