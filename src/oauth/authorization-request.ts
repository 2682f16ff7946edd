/** Reads authorization requests, and refuses those that the OAuth wrapper would accept and this server does not. */
import {
	type AuthorizationErrorCode,
	type AuthRequest,
	authorizationErrorRedirect,
} from "@cloudflare/workers-oauth-provider";
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { OFFLINE_ACCESS, offeredScopes, scopesAt } from "../auth/scopes.ts";
import { refuse } from "../http/answers.tsx";
import { hasDocument, isDocumentElsewhere } from "./client-documents.ts";
import { trustOf } from "./client-policy.ts";
import { dropEmptyParameters } from "./client-requests.ts";
import { isAcceptedRedirectUri, isOwnPage, isPrivateUseUri, opensApp } from "./redirect-uris.ts";
import { refuseUnknownClient } from "./refusals.tsx";
import { faultOf, repeatedParameters } from "./request-faults.ts";
import { readSignInSettings, readsClientDocuments } from "./settings.ts";
import { helpers, redirect } from "./sign-in.ts";
import { isStorableKey } from "./storage-key.ts";

const DOCUMENTS_ARE_OFF =
	"Remove this server from the app and add it again: the app can register here instead. To have this server read the documents, for which it needs the internet, set CLIENT_METADATA_DOCUMENTS=on (locally in .dev.vars) and start it again.";

/** Reads an authorization request, with the scopes to offer for it. If it is not valid, returns the error response. */
export async function readRequest(c: Context<AppEnv>, raw: Request): Promise<AuthRequest | Response> {
	const given = dropEmptyParameters(raw);
	const parameters = new URL(given.url).searchParams;
	const refused = await refuseClient(c, parameters);
	if (refused) return refused;
	const clientId = parameters.get("client_id") ?? "";
	const [parsed, isElsewhere] = await Promise.all([helpers(c).parseAuthRequest(given), isDocumentElsewhere(clientId)]);
	if (isElsewhere) {
		const sentence = `The app that sent you here describes itself in a document at ${hostOf(clientId)}, and ${hostOf(clientId)} sends this server to another address instead.`;
		return refuse(c, 400, sentence, "The app’s publisher has to serve the document at the address that the app names.");
	}
	const [code, why] = faultOf(parameters) ?? [];
	// The type knows the codes of OAuth only, and some of these are of OpenID Connect.
	if (code) return redirect(c, authorizationErrorRedirect(parsed, code as AuthorizationErrorCode, why), new Headers());
	// RFC 8252 section 8.1. The wrapper requires this of public clients only.
	if (opensApp(parsed.redirectUri) && !parsed.codeChallenge) {
		const description = "PKCE is required for this redirect URI.";
		return redirect(c, authorizationErrorRedirect(parsed, "invalid_request", description), new Headers());
	}
	const available = scopesAt(c.get("server"), c.env, pathOf(parsed.resource));
	const scope = withOfflineAccess(offeredScopes(parsed.scope, available), parsed.scope.includes(OFFLINE_ACCESS));
	return { ...parsed, scope };
}

/**
 * Refuses client ids and redirect URIs that the wrapper would accept and this server does not.
 *
 * @param parameters the parameters of the authorization request
 */
async function refuseClient(c: Context<AppEnv>, parameters: URLSearchParams): Promise<Response | undefined> {
	const config = readSignInSettings(c.env);
	const clientId = parameters.get("client_id") ?? "";
	// If the id is the address of a metadata document, the wrapper fetches it. It looks up any other id in KV.
	if (!hasDocument(clientId)) {
		if (!isStorableKey(`client:${clientId}`)) return refuseUnknownClient(c);
	} else if (!readsClientDocuments(config, c.req.url)) {
		const sentence = `The app that sent you here describes itself in a document at ${hostOf(clientId)}, and this server reads no such documents.`;
		return refuse(c, 400, sentence, DOCUMENTS_ARE_OFF);
	} else if (trustOf(config.clientTrust, hostOf(clientId)) === "deny") {
		const sentence = `This server does not accept apps that are published by ${hostOf(clientId)}.`;
		return refuse(c, 403, sentence, "Its administrator decides which publishers it accepts: CLIENT_METADATA_POLICY.");
	}
	const redirectUri = parameters.get("redirect_uri") ?? "";
	const repeated = repeatedParameters(parameters).find((name) => ["client_id", "redirect_uri"].includes(name));
	if (repeated !== undefined) {
		return refuse(
			c,
			400,
			`The app sent the parameter \`${repeated}\` more than once, so it is not clear which app it is.`,
		);
	}
	if (isOwnPage(redirectUri, new URL(c.req.url).origin, c.get("server").pages)) {
		return refuse(c, 400, "The app that sent you here wants access sent to a page of this server itself.");
	}
	if (!opensApp(redirectUri) || isAcceptedRedirectUri(redirectUri, config.privateUseRedirectUris)) return undefined;
	const sentence = `The app that sent you here wants access sent to ${new URL(redirectUri).protocol} links, which this server does not accept.`;
	if (!isPrivateUseUri(redirectUri)) return refuse(c, 400, sentence);
	const hint = `If you trust the app, this server’s administrator can add this redirect URI to the setting PRIVATE_USE_REDIRECT_URIS: ${redirectUri}`;
	return refuse(c, 400, sentence, hint);
}

/** The host of a client's metadata document. */
function hostOf(clientId: string): string {
	return URL.canParse(clientId) ? new URL(clientId).hostname : clientId;
}

/** Every client may refresh. If a client requests `offline_access`, the token's scope repeats it. */
export function withOfflineAccess(scopes: readonly string[], isAsked: boolean): string[] {
	return isAsked ? [...scopes, OFFLINE_ACCESS] : [...scopes];
}

/** The path of a resource of this origin; empty for the origin itself. */
function pathOf(resource: AuthRequest["resource"]): string {
	const { pathname } = new URL(String(Array.isArray(resource) ? resource[0] : resource));
	return pathname === "/" ? "" : pathname;
}
