/** Answers requests to `/token` in the user's object. The OAuth wrapper does the work, on the records of the object. */
import type { AuditEvent } from "../audit.ts";
import { sha256 } from "../auth/sha256.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import type { Server } from "../mcp/definition.ts";
import { authorizationServer } from "./authorization-server.ts";
import { clientIdOf } from "./client-requests.ts";
import type { Occurrence, TokenRequest } from "./grant-contract.ts";
import type { GrantRecord } from "./grant-record.ts";
import type { GrantRecords } from "./grant-records.ts";
import { type ExchangeEnv, signInAgain } from "./refresh.ts";
import type { Answer, Asked, ReplacedTokens } from "./replaced-tokens.ts";
import { sealToken } from "./sealed-token.ts";

type Parts = {
	readonly server: Server;
	/** The environment with the settings. */
	readonly settings: Env;
	/** The environment of the wrapper, with the records of the object. */
	readonly env: ExchangeEnv;
	readonly records: GrantRecords;
	readonly replaced: ReplacedTokens;
	record(event: AuditEvent, occurrence: Occurrence): Promise<void>;
	/** Ends a grant because a refresh token that was replaced long ago was presented. */
	endReused(asked: TokenRequest): Promise<void>;
};

/** A request, with its parsed form. */
type Asking = {
	readonly asked: TokenRequest;
	readonly request: Request;
	readonly form: URLSearchParams;
};

export class TokenEndpoint {
	readonly #parts: Parts;

	constructor(parts: Parts) {
		this.#parts = parts;
	}

	/** @throws OAuthError `invalid_grant` if the grant has ended, or ends because a refresh token was reused */
	async answer(asked: TokenRequest): Promise<Response> {
		const { url, userId, grantId } = asked;
		const form = new URLSearchParams(asked.form);
		const request = new Request(url, { method: "POST", headers: asked.headers.map(([name, value]) => [name, value]) });
		const asking = { asked, request, form };
		const grantType = form.get("grant_type");
		if (grantType === null) return this.#ask(request, form);
		const grant = this.#parts.records.grant(userId, grantId);
		// The wrapper would answer invalid_client if the client's record ended with the grant. The client would register again.
		if (asked.isGenuine && !grant) throw signInAgain("This access has ended.");
		if (grantType === "refresh_token") return this.#refresh(asking, grant);
		const response = await this.#askForTokens(request, form);
		const clientId = clientIdOf(request, form);
		if (response.ok) await this.#parts.record("token_issued", { userId, grantId, clientId });
		return response;
	}

	async #refresh({ asked, request, form }: Asking, grant: GrantRecord | undefined): Promise<Response> {
		const start = Date.now();
		const { replaced, record, endReused } = this.#parts;
		const { userId, grantId, isGenuine } = asked;
		const wanted: Asked = {
			clientId: clientIdOf(request, form) ?? "",
			resource: form.getAll("resource").join(" "),
			scope: form.get("scope") ?? "",
		};
		// The wrapper refuses the client.
		if (grant?.clientId !== wanted.clientId) return this.#ask(request, form);
		const { clientId } = grant;
		const standing = await replaced.standing(grantId, form.get("refresh_token") ?? "", wanted);
		if (standing.kind === "answered") {
			const refusal = await this.#authenticate(request, form);
			if (refusal) return refusal;
			const milliseconds = Date.now() - start;
			await record("grant_refreshed", { userId, grantId, clientId, outcome: "repeated", milliseconds });
			return Response.json(standing.answer, { headers: { "Cache-Control": "no-store" } });
		}
		if (standing.kind === "reused" || (isGenuine && !(await isKnown(standing.token, grant)))) {
			const refusal = await this.#authenticate(request, form);
			if (refusal) return refusal;
			await record("refresh_token_reused", { userId, grantId, clientId });
			await endReused(asked);
			throw signInAgain("This refresh token was replaced long ago, so access has ended for safety.");
		}
		form.set("refresh_token", standing.token);
		const response = await this.#askForTokens(request, form);
		if (!response.ok) return response;
		await replaced.keep(grantId, standing.token, wanted, await response.clone().json());
		await record("grant_refreshed", { userId, grantId, clientId, milliseconds: Date.now() - start });
		return response;
	}

	/**
	 * Has the wrapper authenticate the client, and nothing else. The revocation of a token that does not exist changes
	 * nothing and is answered with 200 (RFC 7009 section 2.2).
	 *
	 * @returns the wrapper's refusal; undefined if the client has authenticated
	 */
	async #authenticate(request: Request, form: URLSearchParams): Promise<Response | undefined> {
		const fields = new URLSearchParams(form);
		for (const name of ["grant_type", "refresh_token"]) fields.delete(name);
		fields.set("token", "none");
		const response = await this.#ask(request, fields);
		return response.ok ? undefined : response;
	}

	#ask(request: Request, fields: URLSearchParams): Promise<Response> {
		const { server, settings, env } = this.#parts;
		const { origin } = new URL(request.url);
		const asking = new Request(request.url, { method: "POST", headers: request.headers, body: fields });
		// The wrapper uses no execution context at its token endpoint.
		const context = {} as ExecutionContext;
		return authorizationServer(server, origin, settings).fetch(asking, env, context);
	}

	/** Asks the wrapper, and seals the tokens in its answer. */
	async #askForTokens(request: Request, form: URLSearchParams): Promise<Response> {
		const response = await this.#ask(request, form);
		if (!response.ok || !response.headers.get("Content-Type")?.includes("json")) return response;
		const body: Answer = await response.json();
		const isLocal = isLoopbackUrl(request.url);
		const seal = (kind: "access" | "refresh", token: string) => sealToken(kind, token, this.#parts.settings, isLocal);
		const sealed = {
			...body,
			access_token: await seal("access", body.access_token),
			...(body.refresh_token && { refresh_token: await seal("refresh", body.refresh_token) }),
		};
		return Response.json(sealed, { status: response.status, headers: response.headers });
	}
}

/** Whether a refresh token is the grant's current one, or the one before, with which a failed refresh is repeated. */
async function isKnown(token: string, { refreshTokenId, previousRefreshTokenId }: GrantRecord): Promise<boolean> {
	return [refreshTokenId, previousRefreshTokenId].includes(await sha256(token));
}
