/**
 * The audit log: one structured event for each step of a sign-in, each change of a grant, and each tool call. It goes
 * to the log, and to Analytics Engine if `AUDIT` is bound. It never holds a token, a code, a prompt or an argument.
 */
import { env } from "cloudflare:workers";
import { hmacKey, secretsFor } from "./auth/signing-key.ts";
import { logEvent } from "./errors.ts";

export type AuditEvent =
	| "client_registered"
	| "consent_given"
	| "consent_denied"
	| "signed_in"
	| "account_opened"
	| "refused"
	| "token_issued"
	| "grant_refreshed"
	| "refresh_token_reused"
	| "grant_ended"
	| "permissions_changed"
	| "tool_call";

export type AuditFields = {
	readonly requestId: string;
	/** The pseudonym of the user. Absent before the sign-in. */
	readonly user?: string | undefined;
	/** The id of the OAuth client. */
	readonly client?: string | undefined;
	readonly grant?: string | undefined;
	readonly tool?: string;
	/** How it ended, or why. */
	readonly outcome?: string;
	/** Which protocol a tool was called over. */
	readonly era?: string;
	/** The trace that the client's request belongs to. */
	readonly traceId?: string | undefined;
	readonly milliseconds?: number;
};

export function audit(event: AuditEvent, fields: AuditFields): void {
	measure(event, fields);
}

/** An answered request, which nobody has to be told of, but which operators count. */
type RequestFields = Pick<AuditFields, "requestId" | "traceId" | "milliseconds"> & {
	readonly method: string;
	readonly path: string;
	readonly status: number;
};

/** Writes an event to the log, and to Analytics Engine if it is bound. */
export function measure(event: AuditEvent | "request", fields: AuditFields | RequestFields): void {
	logEvent(event, fields);
	const { AUDIT: dataset } = env as { readonly AUDIT?: AnalyticsEngineDataset };
	if (!dataset) return;
	const { user, client, grant, tool, outcome, era }: Partial<AuditFields> = fields;
	const { path, status }: Partial<RequestFields> = fields;
	const what = [tool ?? path, outcome ?? status?.toString(), era, fields.traceId];
	dataset.writeDataPoint({
		indexes: [user ?? ""],
		blobs: [event, fields.requestId, ...[client, grant, ...what].map((text) => text ?? "")],
		doubles: [fields.milliseconds ?? 0],
	});
}

const PSEUDONYM_BYTES = 16;
/** By secret and user. */
const pseudonyms = new Map<string, string>();
const MAX_PSEUDONYMS = 1000;

/**
 * The name of a user outside their object: a keyed hash, so that nobody without the key can find out whose it is. It
 * changes with COOKIE_ENCRYPTION_KEY.
 */
export async function pseudonymOf(userId: string, bindings: Env, isLocal: boolean): Promise<string> {
	const [secret] = await secretsFor("audit", bindings, isLocal);
	const name = `${secret}\0${userId}`;
	const known = pseudonyms.get(name);
	if (known !== undefined) return known;
	const mac = await crypto.subtle.sign("HMAC", await hmacKey(secret), new TextEncoder().encode(userId));
	const pseudonym = new Uint8Array(mac, 0, PSEUDONYM_BYTES).toHex();
	if (pseudonyms.size >= MAX_PSEUDONYMS) pseudonyms.clear();
	pseudonyms.set(name, pseudonym);
	return pseudonym;
}
