/** Deletes from Workers KV what has outlived its grant: expired notes of grants, and tokens whose grant has ended. */
import { OAuthAuthorizationServer, type PurgeResult } from "@cloudflare/workers-oauth-provider";
import { logError, logEvent } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import { parseNote, parseNoteName } from "./grant-notes.ts";
import { grantsOf } from "./grants.ts";
import { guardedStorage } from "./storage.ts";

/** The next sweep continues here. */
const CURSOR_NAME = "sweep:cursor";
/** A cursor that Workers KV refuses would stop all sweeps, so it expires. Each sweep that gets on writes a new one. */
const CURSOR_SECONDS = 7 * 24 * 60 * 60;

/**
 * A Worker may make 1,000 subrequests. No batch starts after 500, and a batch of 50 makes fewer than 500: for each grant
 * and each token at most a read, a question to the user's object, and what it takes to delete it.
 */
const LIMITS = { batchSize: 50, operations: 500 };

/** Not for requests: it never uses its issuer. */
const wrapper = new OAuthAuthorizationServer<Env>({
	issuer: "https://localhost",
	resources: ["https://localhost"],
	tokenEndpoint: "/token",
});

/**
 * Continues where the last sweep stopped, until all records were checked or the limits are reached. Writes one line to
 * the log that says what was checked and purged. A failure is logged, and the next sweep continues before it.
 */
export async function sweep(env: Env, limits = LIMITS): Promise<void> {
	const swept = { grantsChecked: 0, grantsPurged: 0, tokensChecked: 0, tokensPurged: 0 };
	let outcome: "finished" | "paused" | "failed" = "failed";
	try {
		const start = (await env.OAUTH_KV.get(CURSOR_NAME)) ?? undefined;
		let cursor = start;
		try {
			const { namespace, operations } = sweptNamespace(env);
			do {
				const result = await wrapper.purgeExpiredData(
					{ ...env, OAUTH_KV: namespace },
					{
						batchSize: limits.batchSize,
						// A client's registration may expire before its grants: the user's object keeps the client's record.
						purgeOrphanedGrants: false,
						...(cursor !== undefined && { cursor }),
					},
				);
				add(swept, result);
				cursor = result.cursor;
			} while (cursor !== undefined && operations() < limits.operations);
		} finally {
			if (cursor !== start) await keepCursor(env.OAUTH_KV, cursor);
		}
		outcome = cursor === undefined ? "finished" : "paused";
	} catch (error) {
		logError("sweep_failed", error, currentRequestId());
	}
	logEvent("swept", { requestId: currentRequestId(), outcome, ...swept });
}

type Counts = Pick<PurgeResult, "grantsChecked" | "grantsPurged" | "tokensChecked" | "tokensPurged">;

function add(sum: Counts, { grantsChecked, grantsPurged, tokensChecked, tokensPurged }: Counts): void {
	sum.grantsChecked += grantsChecked;
	sum.grantsPurged += grantsPurged;
	sum.tokensChecked += tokensChecked;
	sum.tokensPurged += tokensPurged;
}

function keepCursor(kv: KVNamespace, cursor: string | undefined): Promise<void> {
	return cursor === undefined ? kv.delete(CURSOR_NAME) : kv.put(CURSOR_NAME, cursor, { expirationTtl: CURSOR_SECONDS });
}

/**
 * The namespace for the wrapper, which purges tokens whose grant it does not find, and grants that have expired. A note
 * may be missing or out of date although its grant is live: the user's object writes it as well as it can. So the object
 * is asked before anything of a grant is purged.
 */
function sweptNamespace(env: Env): { readonly namespace: KVNamespace; operations(): number } {
	const kv = guardedStorage(env);
	let operations = 0;
	const count = <T>(operation: Promise<T>): Promise<T> => {
		operations++;
		return operation;
	};
	const namespace = {
		async get(name: string): Promise<unknown> {
			if (!name.startsWith("grant:")) return count(kv.get(name, "json"));
			const text = await count(kv.get(name));
			const note = text === null ? undefined : parseNote(text);
			if (note && note.expiresAt > Date.now() / 1000) return note;
			return (await count(findInObject(env, name))) ?? note ?? null;
		},
		list: (options: KVNamespaceListOptions) => count(kv.list(options)),
		delete: (name: string) => count(kv.delete(name)),
	};
	return { namespace: namespace as unknown as KVNamespace, operations: () => operations };
}

/** A grant of which nothing is known. It does not expire, so nothing of it is purged. */
const UNKNOWN = {};

/** @returns undefined if the user's object says that there is no such grant any more */
async function findInObject(env: Env, name: string): Promise<unknown> {
	const whose = parseNoteName(name);
	if (!whose) return undefined;
	try {
		const grants = await grantsOf(env, whose.user).grants();
		const now = Date.now() / 1000;
		return grants.find(({ id, expiresAt }) => id === whose.grant && (expiresAt === undefined || expiresAt > now));
	} catch (error) {
		logError("grant_not_checked", error, currentRequestId());
		return UNKNOWN;
	}
}
