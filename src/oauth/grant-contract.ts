/** What the Worker asks of a user's grants, and what it gets. It travels to the user's object and back. */
import type { CompleteAuthorizationOptions } from "@cloudflare/workers-oauth-provider";
import type { DatedEntry } from "../mcp/object/history.ts";
import type { GrantedApp } from "./grant-record.ts";

/** A request to `/token`, whose code or token is without its seal. */
export type TokenRequest = {
	readonly url: string;
	readonly headers: readonly (readonly [string, string])[];
	readonly form: string;
	readonly userId: string;
	readonly grantId: string;
	/** Whether the code or token has a valid seal: it was issued here. */
	readonly isGenuine: boolean;
	readonly requestId: string;
};

export type TokenResponse = {
	readonly status: number;
	readonly headers: [string, string][];
	readonly body: string;
};

/** A grant to make. */
export type Completion = Pick<CompleteAuthorizationOptions, "request" | "userId" | "scope" | "props"> & {
	readonly origin: string;
	/** The client's record in Workers KV. Undefined for a client with a metadata document. */
	readonly client: string | undefined;
	readonly requestId: string;
};

export type Revocation = Pick<TokenRequest, "userId" | "grantId" | "requestId"> & {
	readonly origin: string;
	readonly reason: EndReason;
};

/**
 * Who or what ended a grant: its app, the user, an administrator, the provider's API; a refresh that showed that the
 * user has to sign in again; settings by which the user may not sign in any more; a code that was used twice, a refresh
 * token that was replaced long ago, or time.
 */
export type EndReason =
	| "app"
	| "user"
	| "administrator"
	| "provider"
	| "sign_in_again"
	| "not_allowed"
	| "code_reused"
	| "token_reused"
	| "expired";

/** An app that has a grant. Times are in seconds since the epoch. */
export type ConnectedApp = GrantedApp & {
	readonly grant: string;
	/** The id of the OAuth client. */
	readonly client: string;
	readonly scopes: readonly string[];
	readonly createdAt: number;
	readonly expiresAt: number | undefined;
	readonly refreshedAt: number | undefined;
	/** How many event streams are open. */
	readonly streams: number;
};

export type Account = { readonly apps: ConnectedApp[]; readonly history: DatedEntry[] };

/** Why an authorization was not completed. Errors lose their class on the way out of the object. */
export type Completed =
	| { readonly redirectTo: string }
	| { readonly unreadable: { readonly metadataUrl: string; readonly detail: string } }
	| { readonly unavailable: string };

/** What an event of the audit log is about. */
export type Occurrence = {
	readonly userId: string;
	readonly grantId?: string;
	readonly clientId?: string | undefined;
	readonly outcome?: string;
	/** How long it took. */
	readonly milliseconds?: number;
};
