/** The server's settings: parsed once, every mistake reported together, by name and never by value. */
import { z } from "zod";
import { isLoopbackUrl } from "../http/loopback.ts";
import { originSchema } from "../http/origin.ts";
import { providers } from "../identity/index.ts";
import type { IdentityProvider } from "../identity/provider.ts";
import { readProviders } from "../identity/settings.ts";
import { isPrivateUseUri, KNOWN_PRIVATE_USE_REDIRECT_URIS } from "../oauth/redirect-uris.ts";
import { parseSettings, readList, seconds, text } from "./parse-settings.ts";

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

/** Whether a call may take so long. */
export function isTimeout(seconds: number): boolean {
	return Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS;
}

const settingsSchema = z.object({
	COOKIE_ENCRYPTION_KEY: keySchema,
	COOKIE_ENCRYPTION_KEY_PREVIOUS: keySchema,
	SESSION_MAX_AGE_DAYS: text
		.refine((days) => /^([1-9]\d{0,2})?$/.test(days), "takes a whole number of days from 1 to 999")
		.transform((days) => Number(days || DEFAULT_SESSION_DAYS)),
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

export type Settings = {
	/** Signs session ids and remembered consent; undefined on a local server that was given none. */
	readonly cookieEncryptionKey: string | undefined;
	/** The key before it, whose signatures are still accepted. */
	readonly previousCookieEncryptionKey: string | undefined;
	/** How old a session may become. */
	readonly sessionMaxAgeSeconds: number;
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
 * Everything that keeps people from signing in.
 *
 * @returns a sentence for each setting that is wrong or missing, with the commands that set it
 */
export function problemsOf({ problems, missing }: Settings, isLocal: boolean): readonly string[] {
	return isLocal ? problems : [...problems, ...missing];
}

const MISSING_KEY =
	"COOKIE_ENCRYPTION_KEY is not set: `openssl rand -hex 32 | npx wrangler secret put COOKIE_ENCRYPTION_KEY`.";
const MISSING_PROVIDER =
	"There is no identity provider. Set the keys of one, for GitHub with `npx wrangler secret put GITHUB_CLIENT_ID` " +
	"and `npx wrangler secret put GITHUB_CLIENT_SECRET`; the README lists the others.";

/**
 * Whether clients may be known by a metadata document. A server on this computer may have no internet to read it from,
 * and clients that see it offered do not fall back to registration.
 *
 * @param url any of the server's
 */
export function readsClientDocuments({ clientMetadataDocuments }: Settings, url: string): boolean {
	return clientMetadataDocuments ?? !isLoopbackUrl(url);
}

function isOn(text: "" | "on" | "off"): boolean | undefined {
	return text === "" ? undefined : text === "on";
}

const parsed = new WeakMap<object, Settings>();

/** Reads the settings of an environment. What is wrong is left out, and named in `problems` or `warnings`. */
export function readSettings(env: object): Settings {
	const known = parsed.get(env);
	if (known) return known;
	const { settings, wrong } = parseSettings(settingsSchema, env);
	const identity = readProviders(providers, { ...env });
	const origins = readList("ALLOWED_ORIGINS", settings.ALLOWED_ORIGINS, originSchema);
	const privateUseUris = readList("PRIVATE_USE_REDIRECT_URIS", settings.PRIVATE_USE_REDIRECT_URIS, privateUseUriSchema);
	const hasKey = settings.COOKIE_ENCRYPTION_KEY !== "" || wrong.has("COOKIE_ENCRYPTION_KEY");
	const hasProvider = identity.providers.length + identity.problems.length > 0;
	const config: Settings = {
		cookieEncryptionKey: settings.COOKIE_ENCRYPTION_KEY || undefined,
		previousCookieEncryptionKey: settings.COOKIE_ENCRYPTION_KEY_PREVIOUS || undefined,
		sessionMaxAgeSeconds: settings.SESSION_MAX_AGE_DAYS * 24 * 60 * 60,
		allowedOrigins: origins.entries,
		clientMetadataDocuments: isOn(settings.CLIENT_METADATA_DOCUMENTS),
		privateUseRedirectUris: [...KNOWN_PRIVATE_USE_REDIRECT_URIS, ...privateUseUris.entries],
		callTimeoutSeconds: settings.CALL_TIMEOUT_SECONDS,
		longCallTimeoutSeconds: settings.LONG_CALL_TIMEOUT_SECONDS,
		identityProviders: identity.providers,
		problems: [...wrong.values(), ...identity.problems],
		missing: [...(hasKey ? [] : [MISSING_KEY]), ...(hasProvider ? [] : [MISSING_PROVIDER])],
		warnings: [origins, privateUseUris, identity].flatMap(({ warnings }) => warnings),
	};
	parsed.set(env, config);
	return config;
}
