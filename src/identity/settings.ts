/** How a provider is enabled: by its settings being set, and nothing else. */
import type { IdentityProvider } from "./provider.ts";

type Values<Required extends string, Optional extends string> = Record<Required, string> &
	Partial<Record<Optional, string>>;

/** A provider that may be enabled. */
export type ProviderSettings = {
	/** All of these enable it; some of these are a mistake. */
	readonly required: readonly string[];
	readonly optional: readonly string[];
	/** @param values each required setting, and those optional ones that are set */
	create(values: Record<string, string>): IdentityProvider;
};

/** Ties what `create` gets to the settings that are named. */
export function settings<const Required extends string, const Optional extends string = never>(definition: {
	required: readonly Required[];
	optional?: readonly Optional[];
	create(values: Values<Required, Optional>): IdentityProvider;
}): ProviderSettings {
	const { required, optional = [], create } = definition;
	return { required, optional, create: (values) => create(values as Values<Required, Optional>) };
}

/**
 * Reads the providers that an environment enables.
 *
 * @returns the providers, and a sentence for each setting that is missing or wrong: its name, never its value
 */
export function readProviders(
	known: readonly ProviderSettings[],
	env: Readonly<Record<string, unknown>>,
): { providers: IdentityProvider[]; problems: string[] } {
	const providers: IdentityProvider[] = [];
	const problems: string[] = [];
	const isSet = (name: string) => typeof env[name] === "string" && env[name] !== "";
	for (const { required, optional, create } of known) {
		if (!required.some(isSet)) continue;
		const missing = required.filter((name) => !isSet(name));
		const names = [...required, ...optional].filter(isSet);
		const wrong = names.flatMap((name) => problemOf(name, String(env[name])) ?? []);
		for (const name of missing) problems.push(`${name} is not set, although ${names[0]} is.`);
		problems.push(...wrong);
		if (missing.length > 0 || wrong.length > 0) continue;
		providers.push(create(Object.fromEntries(names.map((name) => [name, String(env[name])]))));
	}
	return { providers, problems };
}

/** What a setting must look like follows from its name. */
function problemOf(name: string, value: string): string | undefined {
	if (/_(URL|ISSUER)$/.test(name)) {
		const isHttps = URL.canParse(value) && new URL(value).protocol === "https:";
		return isHttps ? undefined : `${name} takes an https address.`;
	}
	if (/_(DOMAIN|HOST)$/.test(name)) {
		const isHost = URL.canParse(`https://${value}`) && new URL(`https://${value}`).host === value;
		return isHost ? undefined : `${name} takes a host name such as example.com, without https:// and without a slash.`;
	}
	return undefined;
}
