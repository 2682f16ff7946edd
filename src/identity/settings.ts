/** Providers are enabled by their settings alone. */
import { readSignInPolicy, type SignInPolicy } from "../auth/sign-in-policy.ts";
import type { IdentityProvider } from "./provider.ts";

type Values<Required extends string, Optional extends string> = Record<Required, string> &
	Partial<Record<Optional, string>>;

/** What is known of a provider without its settings. */
export type KnownProvider = {
	/** In lower case. It is the first part of every user id, so it must never change. */
	readonly name: string;
	/** The name that users see, for example on the button. */
	readonly title: string;
};

/** What a provider publishes for `npm run setup` to check: an issuer's metadata and keys, or the keys alone. */
export type Published = { readonly issuer: string } | { readonly keys: string };

/** A provider that may be enabled. */
export type ProviderSettings = KnownProvider & {
	/** For administrators: where to create the app that gives the server its keys. */
	readonly register: string;
	/** How the values of settings usually look. Another form is worth a warning. */
	readonly looksLike: Readonly<Record<string, RegExp>>;
	/** If all of these are set, the provider is enabled. If only some are set, that is an error. */
	readonly required: readonly string[];
	readonly optional: readonly string[];
	/** @param values all required settings */
	published?(values: Record<string, string>): Published;
	/** @param values all required settings, and those optional ones that are set */
	create(values: Record<string, string>, policy: SignInPolicy): IdentityProvider;
};

/** Types the arguments of the functions by the names of the settings. */
export function settings<const Required extends string, const Optional extends string = never>(
	definition: KnownProvider & {
		readonly register: string;
		readonly looksLike?: Partial<Record<Required, RegExp>>;
		readonly required: readonly Required[];
		readonly optional?: readonly Optional[];
		published?(values: Record<Required, string>): Published;
		create(values: Values<Required, Optional>, provider: KnownProvider, policy: SignInPolicy): IdentityProvider;
	},
): ProviderSettings {
	const { name, title, optional = [], looksLike = {}, create, ...rest } = definition;
	return {
		...rest,
		name,
		title,
		optional,
		looksLike: looksLike as Record<string, RegExp>,
		create: (values, policy) => create(values as Values<Required, Optional>, { name, title }, policy),
	};
}

/**
 * Reads the providers that an environment enables.
 *
 * @returns the providers, a sentence for each setting that is missing or wrong, and one for each that has no effect.
 *   The sentences name settings, and never hold values
 */
export function readProviders(
	known: readonly ProviderSettings[],
	env: Readonly<Record<string, unknown>>,
	policy: SignInPolicy = readSignInPolicy(env),
): { providers: IdentityProvider[]; problems: string[]; warnings: string[] } {
	const providers: IdentityProvider[] = [];
	const problems: string[] = [];
	const warnings: string[] = [];
	const textOf = (name: string) => String(env[name] ?? "").trim();
	const isSet = (name: string) => textOf(name) !== "";
	for (const { required, optional, create } of known) {
		const names = [...required, ...optional].filter(isSet);
		if (!required.some(isSet)) {
			for (const name of names) warnings.push(`${name} is ignored, because ${required.join(" and ")} are not set.`);
			continue;
		}
		const missing = required.filter((name) => !isSet(name));
		const wrong = names.flatMap((name) => problemOf(name, textOf(name)) ?? []);
		for (const name of missing) {
			problems.push(`${name} is not set, although ${names[0]} is: an identity provider needs all of its keys.`);
		}
		problems.push(...wrong);
		if (missing.length > 0 || wrong.length > 0) continue;
		providers.push(create(Object.fromEntries(names.map((name) => [name, textOf(name)])), policy));
	}
	return { providers, problems, warnings };
}

/** The required form of a setting follows from its name. @returns a sentence if the value does not have it */
export function problemOf(name: string, value: string): string | undefined {
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
