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
import { authorizationServer } from "./authorization-server.ts";
import { clientIdOf } from "./client-requests.ts";
import type {
	Account,
	Completed,
	Completion,
	EndReason,
	Revocation,
	TokenRequest,
	TokenResponse,
} from "./grant-contract.ts";
import { GrantFacts } from "./grant-facts.ts";
import { type GrantedApp, GrantRecords } from "./grant-records.ts";
import type { ExchangeEnv, Exchanges } from "./refresh.ts";
import { type Answer, type Asked, ReplacedTokens } from "./replaced-tokens.ts";
import { sealToken } from "./sealed-token.ts";
import { readSignInSettings } from "./settings.ts";
import { shownName } from "./shown-name.ts";
import { answerStorageError } from "./storage.ts";
import { Turns } from "./turns.ts";

/** By the grant type of a request: why a grant ends while it is answered. */
const END_REASONS: Readonly<Record<string, EndReason>> = {
	authorization_code: "code_reused",
	refresh_token: "sign_in_again",
};

/** Tables whose content the account shows. */
const SUMMED_UP = ["grant_records", "replaced_tokens", "grant_facts", "user_history"];

const NO_STORE = { headers: { "Cache-Control": "no-store" } };
const ENDED = { error: "invalid_grant", error_description: "This access has ended. Sign in again." };
const REUSED = {
	error: "invalid_grant",
	error_description: "This refresh token was replaced long ago, so access has ended for safety. Sign in again.",
};

type Recorded = {
	readonly userId: string;
	readonly grantId?: string;
	readonly clientId?: string | undefined;
	readonly outcome?: string;
};

type Refreshing = Pick<TokenRequest, "userId" | "grantId" | "isGenuine"> & {
	/** Sends another form to the wrapper. */
	post(fields: URLSearchParams): Promise<Response>;
};

export class GrantKeeper implements Keeper, Exchanges {
	readonly #server: Server;
	readonly #host: KeeperHost;
	readonly #records: GrantRecords;
	readonly #replaced: ReplacedTokens;
	readonly #facts: GrantFacts;
	readonly #env: ExchangeEnv;
	/** Why a grant will have ended if it ends now. */
	readonly #reasons = new Map<string, EndReason>();
	readonly #turns = new Turns();

	constructor(server: Server, host: KeeperHost) {
		this.#server = server;
		this.#host = host;
		const { lifetimes, replacedTokenSeconds } = readSignInSettings(host.env);
		this.#records = new GrantRecords(host.sql, host.env.OAUTH_KV, lifetimes, (...grant) => this.#ended(...grant));
		this.#replaced = new ReplacedTokens(host.sql, replacedTokenSeconds);
		this.#facts = new GrantFacts(host.sql);
		this.#env = { ...host.env, OAUTH_KV: this.#records.namespace, KEEPER: this };
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
	token({ url, headers, form: sent, userId, grantId, isGenuine, requestId }: TokenRequest): Promise<TokenResponse> {
		const form = new URLSearchParams(sent);
		const request = new Request(url, { method: "POST", headers: headers.map(([name, value]) => [name, value]) });
		const post = (fields: URLSearchParams) => this.#ask(request, fields);
		const answer = async () => {
			const grantType = form.get("grant_type");
			// Its client's record may be gone with it, and a client that is told that it is unknown would register again.
			if (isGenuine && grantType !== null && !this.#records.grant(userId, grantId)) {
				return Response.json(ENDED, { ...NO_STORE, status: 400 });
			}
			switch (grantType) {
				case "refresh_token":
					return this.#refresh(request, form, { userId, grantId, isGenuine, post });
				case null:
					return post(form);
				default: {
					const response = await this.#sealed(request, await post(form));
					const clientId = clientIdOf(request, form);
					if (response.ok) await this.#record("token_issued", { userId, grantId, clientId });
					return response;
				}
			}
		};
		const reason = END_REASONS[form.get("grant_type") ?? ""] ?? "app";
		return this.#answering(requestId, async () => {
			const response = await this.#inTurn(grantId, reason, answer).catch(answerStorageError);
			return { status: response.status, headers: [...response.headers], body: await response.text() };
		});
	}

	async exchanged(grantId: string, upstreamToken: string | undefined, isRefresh: boolean): Promise<void> {
		await this.#facts.exchanged(grantId, upstreamToken, isRefresh);
	}

	secondsLeft(userId: string, grantId: string): number {
		const { createdAt } = this.#records.grant(userId, grantId) ?? {};
		const { maxAgeSeconds } = readSignInSettings(this.#host.env).lifetimes;
		return (createdAt ?? 0) + maxAgeSeconds - Math.floor(Date.now() / 1000);
	}

	async permissionsChanged(userId: string, grantId: string, clientId: string): Promise<void> {
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
		const next = [this.#records.tidy(), this.#replaced.tidy()].filter((time) => time !== undefined);
		if (next.length > 0) this.#host.tidyIn(Math.max(1, Math.ceil(Math.min(...next) - Date.now() / 1000)));
	}

	async #refresh(
		request: Request,
		form: URLSearchParams,
		{ userId, grantId, isGenuine, post }: Refreshing,
	): Promise<Response> {
		const token = form.get("refresh_token") ?? "";
		const grant = this.#records.grant(userId, grantId);
		const asked: Asked = {
			clientId: clientIdOf(request, form) ?? "",
			resource: form.getAll("resource").join(" "),
			scope: form.get("scope") ?? "",
		};
		// The wrapper knows how to refuse.
		if (grant?.clientId !== asked.clientId) return post(form);
		const standing = await this.#replaced.standing(grantId, token, asked);
		const { clientId } = grant;
		if (standing.kind === "answered") {
			const refusal = await this.#refusal(form, post);
			if (refusal) return refusal;
			await this.#record("grant_refreshed", { userId, grantId, clientId, outcome: "repeated" });
			return Response.json(standing.answer, NO_STORE);
		}
		const current = standing.kind === "open" ? standing.token : "";
		const isKnown = [grant.refreshTokenId, grant.previousRefreshTokenId].includes(await sha256(current));
		if (standing.kind === "reused" || (isGenuine && !isKnown)) {
			const refusal = await this.#refusal(form, post);
			if (refusal) return refusal;
			await this.#record("refresh_token_reused", { userId, grantId, clientId });
			this.#reasons.set(grantId, "token_reused");
			await this.#helpers(new URL(request.url).origin).revokeGrant(grantId, userId);
			return Response.json(REUSED, { ...NO_STORE, status: 400 });
		}
		form.set("refresh_token", current);
		const response = await this.#sealed(request, await post(form));
		if (!response.ok) return response;
		await this.#replaced.keep(grantId, current, asked, await response.clone().json());
		await this.#record("grant_refreshed", { userId, grantId, clientId });
		return response;
	}

	/**
	 * Has the wrapper authenticate the client, and nothing else: revoking a token that does not exist changes nothing, and
	 * is answered with 200 (RFC 7009 section 2.2).
	 *
	 * @returns undefined if the client has authenticated
	 */
	async #refusal(form: URLSearchParams, post: Refreshing["post"]): Promise<Response | undefined> {
		const fields = new URLSearchParams(form);
		for (const name of ["grant_type", "refresh_token"]) fields.delete(name);
		fields.set("token", "none");
		const response = await post(fields);
		return response.ok ? undefined : response;
	}

	/** Asks the wrapper. */
	#ask(request: Request, fields: URLSearchParams): Promise<Response> {
		const { origin } = new URL(request.url);
		const asking = new Request(request.url, { method: "POST", headers: request.headers, body: fields });
		// The wrapper uses no execution context at its token endpoint.
		const context = {} as ExecutionContext;
		return authorizationServer(this.#server, origin, this.#host.env).fetch(asking, this.#env, context);
	}

	/** Seals the tokens of an answer. */
	async #sealed(request: Request, response: Response): Promise<Response> {
		if (!response.ok || !response.headers.get("Content-Type")?.includes("json")) return response;
		const body: Answer = await response.json();
		const isLocal = isLoopbackUrl(request.url);
		const seal = (kind: "access" | "refresh", token: string) => sealToken(kind, token, this.#host.env, isLocal);
		const sealed = {
			...body,
			access_token: await seal("access", body.access_token),
			...(body.refresh_token && { refresh_token: await seal("refresh", body.refresh_token) }),
		};
		return Response.json(sealed, { status: response.status, headers: response.headers });
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
		{ userId, grantId: grant, clientId: client, outcome }: Recorded,
		shown = outcome,
	): Promise<void> {
		this.#host.history.add({ event, client: client ?? "", grant: grant ?? "", outcome: shown });
		// A server without a key refuses all requests, unless it is local.
		const user = await pseudonymOf(userId, this.#host.env, true);
		audit(event, { requestId: currentRequestId(), user, client, grant, ...(outcome !== undefined && { outcome }) });
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
