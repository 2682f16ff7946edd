/** The server's settings: parsed once, every problem reported together, by name and never by value. */
import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { providers } from "./identity/index.ts";
import type { IdentityProvider } from "./identity/provider.ts";
import { readProviders } from "./identity/settings.ts";

const list = z
	.string()
	.default("")
	.transform((text) =>
		text
			.split(",")
			.map((item) => item.trim())
			.filter((item) => item !== ""),
	);

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

const settingsSchema = z.object({
	COOKIE_ENCRYPTION_KEY: z
		.string()
		.optional()
		.transform((key) => key || undefined)
		.refine((key) => key === undefined || key.length >= 32, "needs at least 32 characters: openssl rand -hex 32"),
	IMAGE_GENERATION_USERS: list
		.refine((users) => users.every((user) => !/[\s;]/.test(user)), "takes logins or email addresses, comma-separated")
		.transform((users) => users.map((user) => user.toLowerCase())),
	ALLOWED_ORIGINS: list.refine(
		(origins) => origins.every(isOrigin),
		"takes origins such as https://app.example.com, comma-separated, without a path or a slash at the end",
	),
});

export type Config = {
	/** Signs session ids and remembered consent; undefined on a local server that was given none. */
	readonly cookieEncryptionKey: string | undefined;
	/** Logins or e-mail addresses, in lower case. */
	readonly imageGenerationUsers: readonly string[];
	/** Origins of web pages that may call this server, beside its own and those on loopback hosts. */
	readonly allowedOrigins: readonly string[];
	/** Those that the settings enable, in the order in which people are offered them. */
	readonly identityProviders: readonly IdentityProvider[];
};

const parsed = new WeakMap<object, Config>();

/**
 * Reads the settings of an environment.
 *
 * @throws ConfigError with a sentence for each setting that is wrong
 */
export function readConfig(env: object): Config {
	const known = parsed.get(env);
	if (known) return known;
	const result = settingsSchema.safeParse(env);
	const identity = readProviders(providers, { ...env });
	const problems = result.error?.issues.map((issue) => `${issue.path.join(".")} ${issue.message}.`) ?? [];
	if (!result.success || identity.problems.length > 0) throw new ConfigError([...problems, ...identity.problems]);
	const config: Config = {
		cookieEncryptionKey: result.data.COOKIE_ENCRYPTION_KEY,
		imageGenerationUsers: result.data.IMAGE_GENERATION_USERS,
		allowedOrigins: result.data.ALLOWED_ORIGINS,
		identityProviders: identity.providers,
	};
	parsed.set(env, config);
	return config;
}
