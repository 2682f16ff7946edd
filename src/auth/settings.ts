/** The server's settings: parsed once. All mistakes are reported together, by name and never by value. */
import { z } from "zod";
import { originSchema } from "./origin.ts";
import { number, parseSettings, readList, seconds, text } from "./parse-settings.ts";

const keySchema = text.refine(
	(key) => key === "" || key.length >= 32,
	"needs at least 32 characters, such as `openssl rand -hex 32` prints",
);

/** The same time as the lifetime of an unused grant. */
const DEFAULT_SESSION_DAYS = 30;
/** How long a call of a tool, a resource or a prompt may take, if no setting gives another time. */
const CALL_TIMEOUT_SECONDS = 60;
/** The same for a tool with `long: true`. Claude waits this long for a tool. */
const LONG_CALL_TIMEOUT_SECONDS = 300;
const MAX_TIMEOUT_SECONDS = 3600;
/** How long a client may take to send a request. */
const REQUEST_TIMEOUT_SECONDS = 30;
/** How long Workers KV and a user's object may take to answer. */
const STORAGE_TIMEOUT_SECONDS = 10;
/** How long an identity provider or an API may take to answer. */
const UPSTREAM_TIMEOUT_SECONDS = 10;
const MAX_WAIT_SECONDS = 300;

/** Whether a number of seconds is valid as the deadline of a call. */
export function isTimeout(seconds: number): boolean {
	return Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS;
}

const settingsSchema = z.object({
	COOKIE_ENCRYPTION_KEY: keySchema,
	COOKIE_ENCRYPTION_KEY_PREVIOUS: keySchema,
	SESSION_MAX_AGE_DAYS: number(DEFAULT_SESSION_DAYS, { unit: "days", max: 999 }),
	ALLOWED_ORIGINS: text,
	CALL_TIMEOUT_SECONDS: seconds(CALL_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS),
	LONG_CALL_TIMEOUT_SECONDS: seconds(LONG_CALL_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS),
	REQUEST_TIMEOUT_SECONDS: seconds(REQUEST_TIMEOUT_SECONDS, MAX_WAIT_SECONDS),
	STORAGE_TIMEOUT_SECONDS: seconds(STORAGE_TIMEOUT_SECONDS, MAX_WAIT_SECONDS),
	UPSTREAM_TIMEOUT_SECONDS: seconds(UPSTREAM_TIMEOUT_SECONDS, MAX_WAIT_SECONDS),
});

export type Settings = {
	/** Signs session ids and remembered consent. Undefined if it is not set, which only a local server allows. */
	readonly cookieEncryptionKey: string | undefined;
	/** The previous key, whose signatures are still accepted. */
	readonly previousCookieEncryptionKey: string | undefined;
	/** The maximum age of a session. */
	readonly sessionMaxAgeSeconds: number;
	/** The origins of web pages that may call this server, in lower case. Its own and loopback origins always may. */
	readonly allowedOrigins: readonly string[];
	/** How long a call may take before it is stopped. */
	readonly callTimeoutSeconds: number;
	/** The same for a tool with `long: true`. */
	readonly longCallTimeoutSeconds: number;
	/** How long a client may take to send the body of a request. */
	readonly requestTimeoutSeconds: number;
	/** How long Workers KV and a user's object may take to answer. */
	readonly storageTimeoutSeconds: number;
	/** How long an identity provider or an API may take to answer. */
	readonly upstreamTimeoutSeconds: number;
	/** A sentence for each setting that is wrong. The server refuses all requests until there are none. */
	readonly problems: readonly string[];
	/** A sentence for each missing setting that is required on all hosts but loopback hosts. */
	readonly missing: readonly string[];
	/** A sentence for each entry or setting that is ignored. The server works without it. */
	readonly warnings: readonly string[];
};

/** @returns a sentence for each setting that is wrong or missing */
export function problemsOf(
	{ problems, missing }: Pick<Settings, "problems" | "missing">,
	isLocal: boolean,
): readonly string[] {
	return isLocal ? problems : [...problems, ...missing];
}

const MISSING_KEY =
	"COOKIE_ENCRYPTION_KEY is not set: `openssl rand -hex 32 | npx wrangler secret put COOKIE_ENCRYPTION_KEY`.";

const parsed = new WeakMap<object, Settings>();

/** Reads the settings of an environment. Wrong values are left out, and named in `problems` or `warnings`. */
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
		requestTimeoutSeconds: settings.REQUEST_TIMEOUT_SECONDS,
		storageTimeoutSeconds: settings.STORAGE_TIMEOUT_SECONDS,
		upstreamTimeoutSeconds: settings.UPSTREAM_TIMEOUT_SECONDS,
		problems: [...wrong.values()],
		missing: hasKey ? [] : [MISSING_KEY],
		warnings: origins.warnings,
	};
	parsed.set(env, config);
	return config;
}
