/** The server's settings: parsed once, every problem reported together, by name and never by value. */
import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { providers } from "./identity/index.ts";
import type { IdentityProvider } from "./identity/provider.ts";
import { readProviders } from "./identity/settings.ts";
import { isLoopbackUrl } from "./loopback.ts";
import type { AllowLists } from "./session.ts";

const list = z
	.string()
	.default("")
	.transform((text) =>
		text
			.split(",")
			.map((item) => item.trim())
			.filter((item) => item !== ""),
	);

const users = list
	.refine((names) => names.every((name) => !/[\s;]/.test(name)), "takes logins or email addresses, comma-separated")
	.transform((names) => names.map((name) => name.toLowerCase()));

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

const isLoopbackOrigin = (text: string) => isOrigin(text) && isLoopbackUrl(text);

const settingsSchema = z.object({
	COOKIE_ENCRYPTION_KEY: z
		.string()
		.optional()
		.transform((key) => key || undefined)
		.refine((key) => key === undefined || key.length >= 32, "needs at least 32 characters: openssl rand -hex 32"),
	IMAGE_GENERATION_USERS: users,
	STDIO_ALLOWED_USERS: users,
	STDIO_COMMAND: z.string().trim().default(""),
	STDIO_URL: z
		.string()
		.default("")
		.refine(
			(text) => text === "" || isLoopbackOrigin(text),
			"takes the address of a bridge on this computer, such as http://127.0.0.1:8790",
		),
	ALLOWED_ORIGINS: list.refine(
		(origins) => origins.every(isOrigin),
		"takes origins such as https://app.example.com, comma-separated, without a path or a slash at the end",
	),
});

export type Config = {
	/** Signs session ids and remembered consent; undefined on a local server that was given none. */
	readonly cookieEncryptionKey: string | undefined;
	readonly allowLists: AllowLists;
	/** Where the stdio MCP server is: a bridge on this computer, or a container for each user; undefined: there is none. */
	readonly stdio: { readonly url: string } | "container" | undefined;
	/** Origins of web pages that may call this server, beside its own and those on loopback hosts. */
	readonly allowedOrigins: readonly string[];
	/** Those that the settings enable, in the order in which people are offered them. */
	readonly identityProviders: readonly IdentityProvider[];
};

/**
 * Who has which permission by a setting.
 *
 * @param isLocal whether the server is on a loopback host, where everyone may use its stdio server unless a list says who
 */
export function allowListsOf({ allowLists, stdio }: Config, isLocal: boolean): AllowLists {
	const isOpen = isLocal && stdio !== undefined && allowLists.stdio.length === 0;
	return isOpen ? { ...allowLists, stdio: ["*"] } : allowLists;
}

function stdioOf({ STDIO_URL, STDIO_COMMAND }: z.infer<typeof settingsSchema>): Config["stdio"] {
	if (STDIO_URL !== "") return { url: STDIO_URL };
	return STDIO_COMMAND === "" ? undefined : "container";
}

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
		allowLists: { image_generation: result.data.IMAGE_GENERATION_USERS, stdio: result.data.STDIO_ALLOWED_USERS },
		stdio: stdioOf(result.data),
		allowedOrigins: result.data.ALLOWED_ORIGINS,
		identityProviders: identity.providers,
	};
	parsed.set(env, config);
	return config;
}
