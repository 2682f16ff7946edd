/** What a person pastes as the value of a setting, and how it looks. No sentence here has a value in it. */
import { type ProviderSettings, problemOf } from "../../identity/settings.ts";

export type Provider = Omit<ProviderSettings, "create">;

/** Settings that must not be seen: they are typed without an echo, and not taken from the command line. */
export function isSecret(name: string): boolean {
	return /_(SECRET|KEY|KEY_PREVIOUS)$/.test(name);
}

/**
 * @param typed what was pasted, perhaps with quotes, or as `NAME=value`
 * @returns the value, and a sentence for each thing that was left out
 * @throws Error with a sentence for what cannot be a value of this setting
 */
export function cleanAnswer(
	name: string,
	typed: string,
): { readonly value: string; readonly notes: readonly string[] } {
	const notes: string[] = [];
	let value = typed.replaceAll(/\p{Cf}/gu, "").trim();
	if (value.startsWith(`${name}=`)) {
		value = value.slice(name.length + 1).trim();
		notes.push(`${name}: the name in front of the value was left out.`);
	}
	const [, inner] = /^(?:"(.*)"|'(.*)'|`(.*)`|“(.*)”)$/s.exec(value)?.filter((part) => part !== undefined) ?? [];
	if (inner !== undefined) {
		value = inner.trim();
		notes.push(`${name}: the quotes around the value were left out.`);
	}
	if (/\p{Cc}/u.test(value)) throw new Error(`${name} takes one line, without control characters.`);
	if (/_(ID|SECRET|KEY|URL|ISSUER|DOMAIN|HOST)$/.test(name) && /\s/.test(value)) {
		throw new Error(`${name} has a space in it. Copy the value alone.`);
	}
	const problem = value === "" ? undefined : problemOf(name, value);
	if (problem !== undefined) throw new Error(problem);
	return { value, notes };
}

/** @returns a sentence for each value that does not look as the provider's usually do: perhaps it is another one */
export function findOddities({ title, required, looksLike }: Provider, values: ReadonlyMap<string, string>): string[] {
	const looksRight = (name: string, value: string) => looksLike[name]?.test(value) ?? true;
	const odd = required.filter((name) => !looksRight(name, values.get(name) ?? "") && values.has(name));
	const id = required.find((name) => name.endsWith("_CLIENT_ID"));
	const secret = required.find((name) => name.endsWith("_CLIENT_SECRET"));
	if (id !== undefined && secret !== undefined && values.has(id) && values.has(secret)) {
		const [idValue = "", secretValue = ""] = [values.get(id), values.get(secret)];
		if (idValue === secretValue) return [`${id} and ${secret} are the same. The secret is another value of the app.`];
		const isSwapped = odd.includes(id) && odd.includes(secret) && looksRight(id, secretValue);
		if (isSwapped) return [`${id} and ${secret} look as if they were swapped.`];
	}
	return odd.map((name) => `${name} does not look like those of ${title}. Compare it with the page of the app.`);
}
