/** The way from the Worker to a user's grants, whose one writer is in the user's object. */

import { OAuthError } from "@cloudflare/workers-oauth-provider";
import { audit } from "../audit.ts";
import { UnavailableError } from "../errors.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { currentRequestId } from "../http/request-id.ts";
import type { Server } from "../mcp/definition.ts";
import { userObjectOf } from "../mcp/user-object.ts";
import { type Remote, remote } from "../mcp/user-state.ts";
import { authorizationServer } from "./authorization-server.ts";
import { hasDocument } from "./client-documents.ts";
import { clientIdOf, formOf, tidyTokenRequest, withBody } from "./client-requests.ts";
import type { GrantKeeper } from "./grant-keeper.ts";
import { signInAgain } from "./refresh.ts";
import { openToken, type SealedKind, unsealed } from "./sealed-token.ts";
import { readSignInSettings, readsClientDocuments } from "./settings.ts";
import { storageOf, unavailable } from "./storage.ts";
import { isStorableKey } from "./storage-key.ts";

export function grantsOf(env: Env, userId: string): Remote<GrantKeeper> {
	return remote(async (method, args) => {
		try {
			return await userObjectOf(env, userId).useKeeper(method, args);
		} catch (error) {
			throw error instanceof UnavailableError ? unavailable(error.message) : error;
		}
	});
}

/**
 * Answers a request to `/token`. The user's object is called for codes and tokens that were issued here. The wrapper
 * refuses others right here: no object is made for them.
 */
export async function answerTokenRequest(
	request: Request,
	server: Server,
	env: Env,
	context: ExecutionContext,
): Promise<Response> {
	const tidied = await tidyTokenRequest(await withBody(request, env));
	const form = await formOf(tidied);
	const [field, kinds] = presented(form);
	const { token, isGenuine } = await open(form.get(field) ?? "", kinds, request.url, env);
	const [userId = "", grantId = "", secret, ...others] = token.split(":");
	const isWhole = secret !== undefined && others.length === 0 && form.getAll(field).length === 1;
	const isOne = isWhole && tidied.method === "POST";
	if (isOne && (isGenuine || (await isNoted(env, `grant:${userId}:${grantId}`)))) {
		form.set(field, token);
		const asking = { url: request.url, headers: [...request.headers], form: String(form) };
		const asked = { ...asking, userId, grantId, isGenuine, requestId: currentRequestId() };
		const { body, status, headers } = await grantsOf(env, userId).token(asked);
		return new Response(body, { status, headers });
	}
	const clientId = clientIdOf(tidied, form) ?? "";
	if (hasDocument(clientId) && readsClientDocuments(readSignInSettings(env), request.url)) return refuse(form);
	const { origin } = new URL(request.url);
	return authorizationServer(server, origin, env).fetch(tidied, storageOf(env), context);
}

/**
 * Refuses a code or token that was not issued here, for a client with a metadata document. The wrapper would read the
 * document first, so anyone could have this server open any address.
 */
function refuse(form: URLSearchParams): Response {
	audit("refused", { requestId: currentRequestId(), outcome: "invalid_grant: not issued here" });
	switch (form.get("grant_type")) {
		case "authorization_code":
		case "refresh_token":
			throw signInAgain("This server did not issue what was presented.");
		case null:
			// RFC 7009 section 2.2: the revocation of a token that does not exist succeeds.
			return new Response();
		default:
			throw new OAuthError("unsupported_grant_type", { description: "This grant type is not supported." });
	}
}

/** The parameter that has the code or token. A revocation has no grant type (RFC 7009 section 2.1). */
function presented(form: URLSearchParams): [field: string, kinds: readonly SealedKind[]] {
	switch (form.get("grant_type")) {
		case "authorization_code":
			return ["code", ["code"]];
		case null:
			return ["token", ["access", "refresh"]];
		default:
			return ["refresh_token", ["refresh"]];
	}
}

async function open(sealed: string, kinds: readonly SealedKind[], url: string, env: Env) {
	for (const kind of kinds) {
		const opened = await openToken(kind, sealed, env, isLoopbackUrl(url));
		if (opened) return { token: opened.token, isGenuine: true };
	}
	return { token: unsealed(sealed), isGenuine: false };
}

/** Whether there is a grant. A seal is not valid any more if its key was replaced twice. */
async function isNoted(env: Env, key: string): Promise<boolean> {
	return isStorableKey(key) && (await storageOf(env).OAUTH_KV.get(key)) !== null;
}
