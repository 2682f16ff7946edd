/**
 * The one writer of a user's grants, in the user's object. It runs the OAuth wrapper's own code on the records of the
 * object, one request at a time for each grant.
 */
import { type AuthRequest, CimdFetchError, OAuthError, type OAuthHelpers } from "@cloudflare/workers-oauth-provider";
import { type AuditEvent, audit, pseudonymOf } from "../audit.ts";
import { extrasOn } from "../auth/scopes.ts";
import { sha256 } from "../auth/sha256.ts";
import { logError } from "../errors.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { currentRequestId, runWithRequestId } from "../http/request-id.ts";
import type { Keeper, KeeperHost, Server } from "../mcp/definition.ts";
import { deleteUserData, readUserData } from "../mcp/object/user-data.ts";
import { soonest } from "../mcp/soonest.ts";
import { authorizationServer } from "./authorization-server.ts";
import type {
	Account,
	Completed,
	Completion,
	EndReason,
	Occurrence,
	Revocation,
	TokenRequest,
	TokenResponse,
} from "./grant-contract.ts";
import { GrantFacts } from "./grant-facts.ts";
import type { GrantedApp } from "./grant-record.ts";
import { GrantRecords } from "./grant-records.ts";
import type { ExchangeEnv, Exchanges } from "./refresh.ts";
import { ReplacedTokens } from "./replaced-tokens.ts";
import { sealToken } from "./sealed-token.ts";
import { readSignInSettings } from "./settings.ts";
import { shownName } from "./shown-name.ts";
import { answerStorageError } from "./storage.ts";
import { TokenEndpoint } from "./token-endpoint.ts";
import { Turns } from "./turns.ts";

/** By the grant type of a request: why a grant ends while it is answered. */
const END_REASONS: Readonly<Record<string, EndReason>> = {
	authorization_code: "code_reused",
	refresh_token: "sign_in_again",
};

/** Tables whose content the account shows. */
const SUMMED_UP = ["grant_records", "replaced_tokens", "grant_facts", "user_history"];

export class GrantKeeper implements Keeper, Exchanges {
	readonly #server: Server;
	readonly #host: KeeperHost;
	readonly #records: GrantRecords;
	readonly #replaced: ReplacedTokens;
	readonly #facts: GrantFacts;
	readonly #env: ExchangeEnv;
	readonly #endpoint: TokenEndpoint;
	/** Why a grant will have ended if it ends now. */
	readonly #reasons = new Map<string, EndReason>();
	readonly #turns = new Turns();

	constructor(server: Server, host: KeeperHost) {
		this.#server = server;
		this.#host = host;
		const { lifetimes, replacedTokenSeconds } = readSignInSettings(host.env);
		this.#records = new GrantRecords(host.sql, host.env, lifetimes, (...grant) => this.#ended(...grant));
		this.#replaced = new ReplacedTokens(host.sql, replacedTokenSeconds);
		this.#facts = new GrantFacts(host.sql);
		this.#env = { ...host.env, OAUTH_KV: this.#records.namespace, KEEPER: this };
		this.#endpoint = new TokenEndpoint({
			server,
			settings: host.env,
			env: this.#env,
			records: this.#records,
			replaced: this.#replaced,
			record: (event, occurrence) => this.#record(event, occurrence),
			endReused: async ({ url, userId, grantId }) => {
				this.#reasons.set(grantId, "token_reused");
				await this.#helpers(new URL(url).origin).revokeGrant(grantId, userId);
			},
		});
	}

	/** Makes the grant that the user consented to, and its code. */
	complete({ origin, client, requestId, ...grant }: Completion): Promise<Completed> {
		return this.#answering(requestId, async () => {
			try {
				const helpers = this.#helpers(origin);
				if (client !== undefined) this.#records.keepClient(grant.request.clientId, client);
				const app = await describeApp(helpers, grant.request);
				const { redirectTo } = await helpers.completeAuthorization({
					...grant,
					metadata: app,
					// A sign-in of the same app on another device, or one that is never finished, must not end existing grants.
					revokeExistingGrants: false,
				});
				const url = new URL(redirectTo);
				const code = url.searchParams.get("code") ?? "";
				const [, grantId = ""] = code.split(":");
				await this.#record("signed_in", { userId: grant.userId, grantId, clientId: grant.request.clientId }, app.name);
				url.searchParams.set("code", await sealToken("code", code, this.#host.env, isLoopbackUrl(origin)));
				return { redirectTo: url.href };
			} catch (error) {
				if (error instanceof CimdFetchError) {
					return { unreadable: { metadataUrl: error.metadataUrl, detail: error.detail } };
				}
				if (error instanceof OAuthError) return { unavailable: error.options.description };
				throw error;
			}
		});
	}

	/** Answers a code exchange, a refresh or a revocation. */
	token(asked: TokenRequest): Promise<TokenResponse> {
		const { grantId, requestId } = asked;
		const reason = END_REASONS[new URLSearchParams(asked.form).get("grant_type") ?? ""] ?? "app";
		return this.#answering(requestId, async () => {
			const answer = () => this.#endpoint.answer(asked);
			const response = await this.#inTurn(grantId, reason, answer).catch(answerStorageError);
			return { status: response.status, headers: [...response.headers], body: await response.text() };
		});
	}

	async exchanged(grantId: string, upstreamToken: string | undefined, isRefresh: boolean): Promise<void> {
		await this.#facts.exchanged(grantId, upstreamToken, isRefresh);
	}

	willEnd(grantId: string, reason: EndReason): void {
		this.#reasons.set(grantId, reason);
	}

	secondsLeft(userId: string, grantId: string): number {
		const { createdAt } = this.#records.grant(userId, grantId) ?? {};
		const { maxAgeSeconds } = readSignInSettings(this.#host.env).lifetimes;
		return (createdAt ?? 0) + maxAgeSeconds - Math.floor(Date.now() / 1000);
	}

	scopesOf(userId: string, grantId: string): readonly string[] | undefined {
		const { scope, expiresAt = 0 } = this.#records.grant(userId, grantId) ?? {};
		return expiresAt > Date.now() / 1000 ? scope : undefined;
	}

	async permissionsChanged(
		userId: string,
		grantId: string,
		clientId: string,
		claimed: readonly string[],
	): Promise<void> {
		this.#host.claimsChanged(grantId, claimed);
		this.#host.announce({ lists: ["tools", "prompts", "resources"] });
		await this.#record("permissions_changed", { userId, grantId, clientId });
	}

	/** The grants whose code was exchanged, the newest first. */
	grants() {
		return this.#records.grants();
	}

	/** Ends a grant. */
	revoke({ origin, userId, grantId, requestId, reason }: Revocation): Promise<void> {
		return this.#answering(requestId, () =>
			this.#inTurn(grantId, reason, () => this.#helpers(origin).revokeGrant(grantId, userId)),
		);
	}

	/** Ends all grants of the user, also those whose code was not exchanged yet. @returns how many were in use */
	async revokeAll(all: Omit<Revocation, "grantId">): Promise<number> {
		const inUse = this.#records.grants().length;
		await Promise.all(this.#records.ids().map((grantId) => this.revoke({ ...all, grantId })));
		return inUse;
	}

	/**
	 * Ends a grant because the provider's API refuses an upstream token of it, unless a refresh has replaced that token.
	 *
	 * @returns whether the grant has ended
	 */
	async upstreamRefused({
		token,
		...grant
	}: Omit<Revocation, "reason"> & { readonly token: string }): Promise<boolean> {
		const { upstream } = this.#facts.of(grant.grantId) ?? {};
		if (upstream !== undefined && upstream !== (await sha256(token))) return false;
		await this.revoke({ ...grant, reason: "provider" });
		return true;
	}

	/** Notes that the user has signed in to see their account. */
	accountOpened(userId: string, requestId: string): Promise<void> {
		return this.#answering(requestId, () => this.#record("account_opened", { userId }));
	}

	/** What the user sees of their grants. */
	account(): Account {
		const streams = this.#host.openStreams();
		const apps = this.#records.grants().map(({ id, clientId, metadata, scope, createdAt, expiresAt }) => ({
			...metadata,
			grant: id,
			client: clientId,
			scopes: scope,
			createdAt,
			expiresAt,
			refreshedAt: this.#facts.of(id)?.refreshed ?? undefined,
			streams: streams.filter((grantId) => grantId === id).length,
		}));
		return { apps, history: this.#host.history.entries() };
	}

	/** Everything that is kept of the user, without the tables of grants and tokens: the account has what they say. */
	download(): Account & { readonly stored: Record<string, unknown[]> } {
		return { ...this.account(), stored: readUserData(this.#host.sql, SUMMED_UP) };
	}

	/** Ends all grants of the user, and deletes everything else. */
	async deleteAll(all: Omit<Revocation, "grantId">): Promise<void> {
		await this.revokeAll(all);
		deleteUserData(this.#host.sql);
	}

	/** The record of an access token that may not have reached every location of Workers KV. */
	tokenRecord(name: string): unknown {
		return this.#records.token(name);
	}

	tidy(): void {
		const next = soonest([this.#records.tidy(), this.#replaced.tidy()]);
		if (next !== undefined) this.#host.tidyIn(Math.max(1, Math.ceil(next - Date.now() / 1000)));
	}

	#helpers(origin: string): OAuthHelpers {
		return authorizationServer(this.#server, origin, this.#host.env).getOAuthApi(this.#env);
	}

	/** Ends what is open under a grant that has ended. */
	#ended(userId: string, grantId: string, clientId: string): void {
		const { env } = this.#host;
		const wasUsed = this.#facts.of(grantId) !== undefined;
		this.#replaced.forget(grantId);
		this.#facts.forget(grantId);
		// A code that nobody exchanged leaves nothing to end.
		if (!wasUsed) return;
		this.#host.endGrant(grantId);
		const outcome = this.#reasons.get(grantId) ?? "expired";
		this.#host.waitUntil(this.#record("grant_ended", { userId, grantId, clientId, outcome }));
		const requestId = currentRequestId();
		for (const extra of extrasOn(this.#server.extras, env)) {
			const ended = extra.endGrant(env, userId, grantId);
			this.#host.waitUntil(ended.catch((error) => logError("grant_end_not_told", error, requestId)));
		}
	}

	/** Notes an event in the audit log, and for the user. @param shown what only the user sees of it */
	async #record(
		event: AuditEvent,
		{ userId, grantId: grant, clientId: client, outcome, milliseconds }: Occurrence,
		shown = outcome,
	): Promise<void> {
		this.#host.history.add({ event, client: client ?? "", grant: grant ?? "", outcome: shown });
		// A server without a key refuses all requests, unless it is local.
		const user = await pseudonymOf(userId, this.#host.env, true);
		audit(event, {
			requestId: currentRequestId(),
			user,
			client,
			grant,
			...(outcome !== undefined && { outcome }),
			...(milliseconds !== undefined && { milliseconds }),
		});
	}

	async #answering<T>(requestId: string, answer: () => Promise<T>): Promise<T> {
		try {
			return await runWithRequestId(requestId, answer);
		} finally {
			this.tidy();
		}
	}

	/** @param reason why the grant has ended if it ends meanwhile */
	#inTurn<T>(grantId: string, reason: EndReason, work: () => Promise<T>): Promise<T> {
		return this.#turns.run(grantId, async () => {
			this.#reasons.set(grantId, reason);
			try {
				return await work();
			} finally {
				this.#reasons.delete(grantId);
			}
		});
	}
}

/** What a grant says of its app, for people. */
async function describeApp(helpers: OAuthHelpers, request: AuthRequest): Promise<GrantedApp> {
	const { clientName, clientDomain, redirectHost } = await helpers.describeConsent(request);
	return { name: shownName(clientName), domain: clientDomain, redirectHost };
}
