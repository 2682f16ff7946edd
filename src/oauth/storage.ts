/** OAUTH_KV as the OAuth wrapper sees it: a record that cannot be read is no record, and one out of reach is told as that. */
import { OAuthError } from "@cloudflare/workers-oauth-provider";
import { z } from "zod";
import { readSettings } from "../auth/settings.ts";
import { logError, logWarning, RETRY_AFTER_SECONDS } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import { within } from "../within.ts";

const ONE_WRITE_MILLISECONDS = 1100;

/** By the beginning of a record's name, what the wrapper takes for granted of it. */
const SHAPES: Readonly<Record<string, z.ZodType>> = {
	client: z.looseObject({ clientId: z.string(), redirectUris: z.array(z.string()) }),
	grant: z.looseObject({ clientId: z.string(), scope: z.array(z.string()), encryptedProps: z.string() }),
	token: z.looseObject({
		grantId: z.string(),
		expiresAt: z.number(),
		wrappedEncryptionKey: z.string(),
		grant: z.looseObject({ clientId: z.string(), scope: z.array(z.string()), encryptedProps: z.string() }),
	}),
};

/** What Web Crypto and Base64 throw at a record whose ciphertext was changed. */
const UNREADABLE = ["OperationError", "DataError", "InvalidCharacterError"];

/** Whether an error means that a record was damaged. */
export function isUnreadable(error: unknown): boolean {
	return error instanceof Error && UNREADABLE.includes(error.name);
}

/**
 * When a record that is not there is looked for again, in milliseconds. What was written at another location can take up
 * to a minute to arrive.
 */
const RETRIES = [100, 400, 1000];
/** Records of people who have not signed in yet. Those of users are in their objects. */
const WITHOUT_USER = /^(client|transaction):/;

const storages = new WeakMap<Env, Env>();

/** The environment for the wrapper in the Worker. */
export function storageOf(env: Env): Env {
	const known = storages.get(env);
	if (known) return known;
	const guarded = { ...env, OAUTH_KV: guardedStorage(env, RETRIES) };
	storages.set(env, guarded);
	return guarded;
}

/**
 * @param retries when a record that is not there, and has no user, is looked for again, in milliseconds
 * @returns a namespace whose methods throw OAuthError `temporarily_unavailable` where storage does not answer
 */
export function guardedStorage(env: Env, retries: readonly number[] = []): KVNamespace {
	const { OAUTH_KV: kv } = env;
	const find = async (key: string): Promise<string | null> => {
		let text = await reach(env, () => kv.get(key));
		for (const wait of WITHOUT_USER.test(key) ? retries : []) {
			if (text !== null) break;
			await scheduler.wait(wait);
			text = await reach(env, () => kv.get(key));
		}
		return text;
	};
	const guarded = {
		async get(key: string, options?: KVNamespaceGetOptions<"json"> | "json" | "text") {
			const isJson = options === "json" || (typeof options === "object" && options.type === "json");
			const text = await find(key);
			return text === null || !isJson ? text : readRecord(key, text);
		},
		put: (...args: Parameters<KVNamespace["put"]>) => reach(env, () => kv.put(...args)),
		delete: (key: string) => reach(env, () => deleteSoon(kv, key)),
		list: (options?: KVNamespaceListOptions) => reach(env, () => kv.list(options)),
	};
	return new Proxy(kv, {
		get(target, name) {
			const own: unknown = Reflect.get(guarded, name);
			if (own !== undefined) return own;
			const value: unknown = Reflect.get(target, name);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}

/** Workers KV takes one write of a record a second, and some are used up as soon as they were written. */
async function deleteSoon(kv: KVNamespace, key: string): Promise<void> {
	try {
		await kv.delete(key);
	} catch {
		await scheduler.wait(ONE_WRITE_MILLISECONDS);
		await kv.delete(key).catch((cause: unknown) => {
			throw new Error("A record could not be deleted", { cause });
		});
	}
}

/** @returns null for a record that was damaged, with a line in the log */
export function readRecord(key: string, text: string): unknown {
	const kind = key.slice(0, key.indexOf(":"));
	try {
		const record: unknown = JSON.parse(text);
		const { error } = SHAPES[kind]?.safeParse(record) ?? {};
		if (!error) return record;
		logWarning("record_unreadable", { kind, requestId: currentRequestId(), cause: z.prettifyError(error) });
	} catch {
		logWarning("record_unreadable", { kind, requestId: currentRequestId(), cause: "It is not JSON" });
	}
	return null;
}

/** @throws OAuthError `temporarily_unavailable` if storage does not answer */
export async function reach<T>(env: Env, ask: () => Promise<T>): Promise<T> {
	try {
		return await within(readSettings(env).storageTimeoutSeconds, "Workers KV", ask());
	} catch (error) {
		// The wrapper knows what to do about too many writes of one record.
		if (error instanceof Error && error.message.includes("429")) throw error;
		logError("storage_unavailable", error, currentRequestId());
		throw unavailable("This server's storage does not answer. Try again in a minute.");
	}
}

export function unavailable(description: string): OAuthError {
	const headers = { "Retry-After": String(RETRY_AFTER_SECONDS) };
	return new OAuthError("temporarily_unavailable", { description, statusCode: 503, headers });
}

/**
 * Answers a client for storage that failed it.
 *
 * @throws the error itself, where it is another one
 */
export function answerStorageError(error: unknown): Response {
	if (isUnreadable(error)) {
		logError("record_unreadable", error, currentRequestId());
		return errorResponse(new OAuthError("invalid_grant", { description: "The grant cannot be read. Sign in again." }));
	}
	if (error instanceof OAuthError) return errorResponse(error);
	throw error;
}

function errorResponse({ code, options }: OAuthError): Response {
	const { description, statusCode = 400, headers = {} } = options;
	return Response.json(
		{ error: code, error_description: description },
		{ status: statusCode, headers: { ...headers, "Cache-Control": "no-store" } },
	);
}
