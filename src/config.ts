/** The server's settings: parsed once, every mistake reported together, by name and never by value. */
import { z } from "zod";
import type { AllowLists } from "./grant.ts";
import { originSchema } from "./http/origin.ts";
import { providers } from "./identity/index.ts";
import type { IdentityProvider } from "./identity/provider.ts";
import { readProviders } from "./identity/settings.ts";
import { isLoopbackUrl } from "./loopback.ts";
import { isPrivateUseUri, KNOWN_PRIVATE_USE_REDIRECT_URIS } from "./oauth/redirect-uris.ts";
import { shownCommand } from "./stdio/shown-command.ts";

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

const isLoopbackOrigin = (text: string) => isOrigin(text) && isLoopbackUrl(text);

const text = z.string("takes text").trim().default("");

const keySchema = text.refine(
	(key) => key === "" || key.length >= 32,
	"needs at least 32 characters, such as `openssl rand -hex 32` prints",
);

/** As long as a grant lives unused. */
const DEFAULT_SESSION_DAYS = 30;
/** How long a call of a tool, a resource or a prompt may take, if no setting says so. */
const CALL_TIMEOUT_SECONDS = 60;
/** The same for a tool that says that it is long: as long as Claude waits for one. */
const LONG_CALL_TIMEOUT_SECONDS = 300;
const MAX_TIMEOUT_SECONDS = 3600;
/** When a child of the stdio server ends that nobody speaks to, if no setting says so: a container is paid for. */
const STDIO_IDLE_SECONDS = 30 * 60;
const CONTAINER_IDLE_SECONDS = 10 * 60;
const MAX_IDLE_SECONDS = 24 * 60 * 60;

/** Whether a call may take so long. */
export function isTimeout(seconds: number): boolean {
	return Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS;
}

const seconds = (defaultSeconds: number, max: number) =>
	text
		.refine(
			(word) => word === "" || (/^\d+$/.test(word) && Number(word) >= 1 && Number(word) <= max),
			`takes whole seconds from 1 to ${max}`,
		)
		.transform((word) => (word === "" ? defaultSeconds : Number(word)));

const settingsSchema = z.object({
	COOKIE_ENCRYPTION_KEY: keySchema,
	COOKIE_ENCRYPTION_KEY_PREVIOUS: keySchema,
	SESSION_MAX_AGE_DAYS: text
		.refine((days) => /^([1-9]\d{0,2})?$/.test(days), "takes a whole number of days from 1 to 999")
		.transform((days) => Number(days || DEFAULT_SESSION_DAYS)),
	IMAGE_GENERATION_USERS: text,
	STDIO_ALLOWED_USERS: text,
	STDIO_COMMAND: text,
	STDIO_URL: text.refine(
		(url) => url === "" || isLoopbackOrigin(url),
		"takes the address of a bridge on this computer, such as http://127.0.0.1:8790",
	),
	STDIO_PIPE_SECRET: text,
	STDIO_IDLE_SECONDS: seconds(0, MAX_IDLE_SECONDS),
	ALLOWED_ORIGINS: text,
	CLIENT_METADATA_DOCUMENTS: text
		.transform((word) => word.toLowerCase())
		.pipe(z.enum(["", "on", "off"], "takes on or off")),
	PRIVATE_USE_REDIRECT_URIS: text,
	CALL_TIMEOUT_SECONDS: seconds(CALL_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS),
	LONG_CALL_TIMEOUT_SECONDS: seconds(LONG_CALL_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS),
});

const privateUseUriSchema = z
	.string()
	.refine(isPrivateUseUri, "is not a redirect URI with an app’s own scheme, such as com.example.app:/callback");

const userSchema = z
	.string()
	.regex(/^[^\s;"<>]+$/, "is not a login or an email address; entries are separated by commas")
	.toLowerCase();

export type Config = {
	/** Signs session ids and remembered consent; undefined on a local server that was given none. */
	readonly cookieEncryptionKey: string | undefined;
	/** The key before it, whose signatures are still accepted. */
	readonly previousCookieEncryptionKey: string | undefined;
	/** How old a session may become. */
	readonly sessionMaxAgeSeconds: number;
	readonly allowLists: Required<AllowLists>;
	/** Whether a setting says who may use the stdio server, even if it has no entry that is right. */
	readonly hasStdioUserList: boolean;
	/** Where the stdio MCP server is: with a program on this computer, or in a container for each user; undefined: there is none. */
	readonly stdio: { readonly url: string; readonly secret: string } | "container" | undefined;
	/** When a child of it ends that nobody speaks to. */
	readonly stdioIdleSeconds: number;
	/** What people may see of its command; undefined if it is not known. */
	readonly stdioCommand: string | undefined;
	/** Origins of web pages that may call this server, in lower case, beside its own and those on loopback hosts. */
	readonly allowedOrigins: readonly string[];
	/** Whether clients may be known by a metadata document on the web; undefined: where the server is deployed. */
	readonly clientMetadataDocuments: boolean | undefined;
	/** Redirect URIs with an app's own scheme to which access may go. */
	readonly privateUseRedirectUris: readonly string[];
	/** How long a call may take before it is stopped. */
	readonly callTimeoutSeconds: number;
	/** The same for a tool that says that it is long. */
	readonly longCallTimeoutSeconds: number;
	/** Those that the settings enable, in the order in which people are offered them. */
	readonly identityProviders: readonly IdentityProvider[];
	/** A sentence for each setting that is wrong. The server lets nobody in until there are none. */
	readonly problems: readonly string[];
	/** A sentence for each setting that is missing, and that only a server on a loopback host can do without. */
	readonly missing: readonly string[];
	/** A sentence for each entry or setting that is ignored; the server works without it. */
	readonly warnings: readonly string[];
};

/**
 * Who has which permission by a setting. Without a stdio server there is no permission to use it.
 *
 * @param isLocal whether the server is on a loopback host, where everyone may use its stdio server unless a list says who
 */
export function allowListsOf({ allowLists, stdio, hasStdioUserList }: Config, isLocal: boolean): AllowLists {
	const { stdio: _users, ...others } = allowLists;
	if (stdio === undefined) return others;
	return isLocal && !hasStdioUserList ? { ...others, stdio: ["*"] } : allowLists;
}

/**
 * Everything that keeps people from signing in.
 *
 * @returns a sentence for each setting that is wrong or missing, with the commands that set it
 */
export function problemsOf({ problems, missing }: Config, isLocal: boolean): readonly string[] {
	return isLocal ? problems : [...problems, ...missing];
}

/** Splits the settings into the valid ones and, by name, a sentence for each invalid one. */
function parseSettings(env: object): { settings: z.infer<typeof settingsSchema>; wrong: Map<string, string> } {
	const { data, error } = settingsSchema.safeParse(env);
	if (data) return { settings: data, wrong: new Map() };
	const wrong = new Map(error.issues.map(({ path: [name], message }) => [String(name), `${String(name)} ${message}.`]));
	const rest = Object.entries(env).filter(([name]) => !wrong.has(name));
	return { settings: settingsSchema.parse(Object.fromEntries(rest)), wrong };
}

/** The entries of a comma-separated list, and a warning for each that is none. */
function readList<T>(name: string, list: string, entrySchema: z.ZodType<T>): { entries: T[]; warnings: string[] } {
	const entries: T[] = [];
	const warnings: string[] = [];
	for (const [index, item] of list.split(",").entries()) {
		if (item.trim() === "") continue;
		const { data, error } = entrySchema.safeParse(item.trim());
		if (error) warnings.push(`${name}: entry ${index + 1} is ignored, because it ${error.issues[0]?.message}.`);
		else entries.push(data);
	}
	return { entries, warnings };
}

const MISSING_KEY =
	"COOKIE_ENCRYPTION_KEY is not set: `openssl rand -hex 32 | npx wrangler secret put COOKIE_ENCRYPTION_KEY`.";
const MISSING_SECRET =
	"STDIO_URL needs STDIO_PIPE_SECRET, the secret of the program there: `npm run start:stdio -- <command>` sets both.";
const MISSING_PROVIDER =
	"There is no identity provider. Set the keys of one, for GitHub with `npx wrangler secret put GITHUB_CLIENT_ID` " +
	"and `npx wrangler secret put GITHUB_CLIENT_SECRET`; the README lists the others.";

/**
 * Whether clients may be known by a metadata document. A server on this computer may have no internet to read it from,
 * and clients that see it offered do not fall back to registration.
 *
 * @param url any of the server's
 */
export function readsClientDocuments({ clientMetadataDocuments }: Config, url: string): boolean {
	return clientMetadataDocuments ?? !isLoopbackUrl(url);
}

function stdioOf({ STDIO_URL, STDIO_PIPE_SECRET, STDIO_COMMAND }: z.infer<typeof settingsSchema>): Config["stdio"] {
	if (STDIO_URL !== "") return { url: STDIO_URL, secret: STDIO_PIPE_SECRET };
	return STDIO_COMMAND === "" ? undefined : "container";
}

function isOn(text: "" | "on" | "off"): boolean | undefined {
	return text === "" ? undefined : text === "on";
}

const parsed = new WeakMap<object, Config>();

/** Reads the settings of an environment. What is wrong is left out, and named in `problems` or `warnings`. */
export function readConfig(env: object): Config {
	const known = parsed.get(env);
	if (known) return known;
	const { settings, wrong } = parseSettings(env);
	const identity = readProviders(providers, { ...env });
	const imageUsers = readList("IMAGE_GENERATION_USERS", settings.IMAGE_GENERATION_USERS, userSchema);
	const stdioUsers = readList("STDIO_ALLOWED_USERS", settings.STDIO_ALLOWED_USERS, userSchema);
	const origins = readList("ALLOWED_ORIGINS", settings.ALLOWED_ORIGINS, originSchema);
	const privateUseUris = readList("PRIVATE_USE_REDIRECT_URIS", settings.PRIVATE_USE_REDIRECT_URIS, privateUseUriSchema);
	const hasKey = settings.COOKIE_ENCRYPTION_KEY !== "" || wrong.has("COOKIE_ENCRYPTION_KEY");
	const hasProvider = identity.providers.length + identity.problems.length > 0;
	const hasSecret = settings.STDIO_URL === "" || settings.STDIO_PIPE_SECRET !== "";
	const stdio = stdioOf(settings);
	const config: Config = {
		cookieEncryptionKey: settings.COOKIE_ENCRYPTION_KEY || undefined,
		previousCookieEncryptionKey: settings.COOKIE_ENCRYPTION_KEY_PREVIOUS || undefined,
		sessionMaxAgeSeconds: settings.SESSION_MAX_AGE_DAYS * 24 * 60 * 60,
		allowLists: { image_generation: imageUsers.entries, stdio: stdioUsers.entries },
		hasStdioUserList: stdioUsers.entries.length + stdioUsers.warnings.length > 0,
		stdio,
		stdioIdleSeconds:
			settings.STDIO_IDLE_SECONDS || (stdio === "container" ? CONTAINER_IDLE_SECONDS : STDIO_IDLE_SECONDS),
		stdioCommand: shownCommand(settings.STDIO_COMMAND),
		allowedOrigins: origins.entries,
		clientMetadataDocuments: isOn(settings.CLIENT_METADATA_DOCUMENTS),
		privateUseRedirectUris: [...KNOWN_PRIVATE_USE_REDIRECT_URIS, ...privateUseUris.entries],
		callTimeoutSeconds: settings.CALL_TIMEOUT_SECONDS,
		longCallTimeoutSeconds: settings.LONG_CALL_TIMEOUT_SECONDS,
		identityProviders: identity.providers,
		problems: [...wrong.values(), ...identity.problems, ...(hasSecret ? [] : [MISSING_SECRET])],
		missing: [...(hasKey ? [] : [MISSING_KEY]), ...(hasProvider ? [] : [MISSING_PROVIDER])],
		warnings: [imageUsers, stdioUsers, origins, privateUseUris, identity].flatMap(({ warnings }) => warnings),
	};
	parsed.set(env, config);
	return config;
}
