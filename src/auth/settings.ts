/** The server's settings: parsed once, every mistake reported together, by name and never by value. */
import { z } from "zod";
import { originSchema } from "./origin.ts";
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
	CALL_TIMEOUT_SECONDS: seconds(CALL_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS),
	LONG_CALL_TIMEOUT_SECONDS: seconds(LONG_CALL_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS),
});

export type Settings = {
	/** Signs session ids and remembered consent; undefined on a local server that was given none. */
	readonly cookieEncryptionKey: string | undefined;
	/** The key before it, whose signatures are still accepted. */
	readonly previousCookieEncryptionKey: string | undefined;
	/** How old a session may become. */
	readonly sessionMaxAgeSeconds: number;
	/** Origins of web pages that may call this server, in lower case, beside its own and those on loopback hosts. */
	readonly allowedOrigins: readonly string[];
	/** How long a call may take before it is stopped. */
	readonly callTimeoutSeconds: number;
	/** The same for a tool that says that it is long. */
	readonly longCallTimeoutSeconds: number;
	/** A sentence for each setting that is wrong. The server lets nobody in until there are none. */
	readonly problems: readonly string[];
	/** A sentence for each setting that is missing, and that only a server on a loopback host can do without. */
	readonly missing: readonly string[];
	/** A sentence for each entry or setting that is ignored; the server works without it. */
	readonly warnings: readonly string[];
};

/** @returns a sentence for each setting that is wrong or missing, with the commands that set it */
export function problemsOf(
	{ problems, missing }: Pick<Settings, "problems" | "missing">,
	isLocal: boolean,
): readonly string[] {
	return isLocal ? problems : [...problems, ...missing];
}

const MISSING_KEY =
	"COOKIE_ENCRYPTION_KEY is not set: `openssl rand -hex 32 | npx wrangler secret put COOKIE_ENCRYPTION_KEY`.";

const parsed = new WeakMap<object, Settings>();

/** Reads the settings of an environment. What is wrong is left out, and named in `problems` or `warnings`. */
export function readSettings(env: object): Settings {
	const known = parsed.get(env);
	if (known) return known;
	const { settings, wrong } = parseSettings(settingsSchema, env);
	const origins = readList("ALLOWED_ORIGINS", settings.ALLOWED_ORIGINS, originSchema);
	const hasKey = settings.COOKIE_ENCRYPTION_KEY !== "" || wrong.has("COOKIE_ENCRYPTION_KEY");
	const config: Settings = {
		cookieEncryptionKey: settings.COOKIE_ENCRYPTION_KEY || undefined,
		previousCookieEncryptionKey: settings.COOKIE_ENCRYPTION_KEY_PREVIOUS || undefined,
		sessionMaxAgeSeconds: settings.SESSION_MAX_AGE_DAYS * 24 * 60 * 60,
		allowedOrigins: origins.entries,
		callTimeoutSeconds: settings.CALL_TIMEOUT_SECONDS,
		longCallTimeoutSeconds: settings.LONG_CALL_TIMEOUT_SECONDS,
		problems: [...wrong.values()],
		missing: hasKey ? [] : [MISSING_KEY],
		warnings: origins.warnings,
	};
	parsed.set(env, config);
	return config;
}
