/** Functions that the consent page and the callback share, such as the redirect to the identity provider. */
import {
	type AuthorizationErrorCode,
	type AuthRequest,
	authorizationErrorRedirect,
	type OAuthHelpers,
} from "@cloudflare/workers-oauth-provider";
import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";
import { generateRandomCodeVerifier, generateRandomNonce } from "oauth4webapi";
import type { AppEnv } from "../app-env.ts";
import { audit } from "../audit.ts";
import { LOCAL_PROVIDER } from "../auth/grant.ts";
import { logError } from "../errors.ts";
import { readBody } from "../http/body.ts";
import { isBuiltInSignInOffered } from "../identity/local.ts";
import { type IdentityProvider, UpstreamError, type UpstreamFailure } from "../identity/provider.ts";
import { authorizationServer } from "./authorization-server.ts";
import { callbackUrl, isMisconfigured, refuseForProvider } from "./misconfigured-provider.tsx";
import { readSignInSettings } from "./settings.ts";
import { shownName } from "./shown-name.ts";
import { storageOf } from "./storage.ts";

export const GO_BACK = "Go back to the page before this one, and choose again.";

/** The cookie that remembers the chosen identity provider. It is used only if consent is remembered too. */
export const PROVIDER_COOKIE = "provider";
const PROVIDER_COOKIE_SECONDS = 30 * 24 * 60 * 60;

/** The errors that the client gets. The pages and the log show more details. */
const CLIENT_ERRORS: Record<UpstreamFailure, [AuthorizationErrorCode, string]> = {
	declined: ["access_denied", "The sign-in was declined."],
	wrong_callback: ["server_error", "The identity provider does not have this server's callback URL."],
	wrong_client: ["server_error", "The identity provider did not accept this server's client id or client secret."],
	refused: ["server_error", "The identity provider refused what this server asked for."],
	unavailable: ["temporarily_unavailable", "The identity provider is not available. Try again later."],
	dead_grant: ["access_denied", "The identity provider did not accept the sign-in. Try again."],
	malformed: ["server_error", "The identity provider answered in a way that cannot be trusted."],
};

export function providersOf(c: Context<AppEnv>): readonly IdentityProvider[] {
	return readSignInSettings(c.env).identityProviders;
}

export function usesBuiltIn(c: Context<AppEnv>): boolean {
	return isBuiltInSignInOffered(readSignInSettings(c.env), c.req.url);
}

export function helpers(c: Context<AppEnv>): OAuthHelpers {
	return authorizationServer(c.get("server"), new URL(c.req.url).origin, c.env).getOAuthApi(storageOf(c.env));
}

export async function readForm(c: Context<AppEnv>): Promise<FormData> {
	try {
		return await readBody(c.env, () => c.req.formData());
	} catch (cause) {
		if (cause instanceof HTTPException) throw cause;
		const message = "This address takes the form of the page before it, and nothing else.";
		throw new HTTPException(400, { message, cause });
	}
}

/** The chosen identity provider, or the built-in sign-in. */
export type Chosen = IdentityProvider | typeof LOCAL_PROVIDER;

export function nameOf(chosen: Chosen): string {
	return chosen === LOCAL_PROVIDER ? chosen : chosen.name;
}

/** The provider with this name. If only one provider is enabled, it is always that one. */
export function chosenProvider(c: Context<AppEnv>, name: string | undefined): Chosen | undefined {
	if (usesBuiltIn(c)) return LOCAL_PROVIDER;
	const [first, ...others] = providersOf(c);
	return others.length === 0 ? first : providersOf(c).find((provider) => provider.name === name);
}

/** Has a user sign in for pages of this server. No client gets access. @param page where its pages begin */
export function startPageSignIn(c: Context<AppEnv>, provider: Chosen, page: string): Promise<Response> {
	const { origin } = new URL(c.req.url);
	// The library keeps a request with each sign-in. This one only says where errors are shown.
	const request = { responseType: "code", clientId: "", redirectUri: origin + page, scope: [], state: "" };
	return startSignIn(c, request, provider, new Headers(), page);
}

/**
 * Redirects the user to the identity provider.
 *
 * @param page where the pages begin that the sign-in is for, if it is not for a client
 */
export async function startSignIn(
	c: Context<AppEnv>,
	request: AuthRequest,
	provider: Chosen,
	headers: Headers,
	page?: string,
): Promise<Response> {
	const name = nameOf(provider);
	const secrets = { codeVerifier: generateRandomCodeVerifier(), nonce: generateRandomNonce() };
	const data = { provider: name, page, ...secrets };
	const isNamed = provider === LOCAL_PROVIDER && page === undefined;
	const client = isNamed
		? await helpers(c)
				.lookupClient(request.clientId)
				.catch(() => null)
		: null;
	// The page only shows the name. The state is valid only in the browser in which the user gave consent.
	const named = client && { app: shownName(client.clientName ?? "") };
	const { state, headers: bound } = await helpers(c).beginUpstream(request, { data, headers });
	if (provider === LOCAL_PROVIDER) return redirect(c, `/sign-in?${new URLSearchParams({ state, ...named })}`, bound);
	setCookie(c, PROVIDER_COOKIE, name, {
		prefix: "host",
		path: "/",
		secure: true,
		httpOnly: true,
		sameSite: "Lax",
		maxAge: PROVIDER_COOKIE_SECONDS,
	});
	try {
		const url = await provider.authorizationUrl({ ...secrets, redirectUri: callbackUrl(c), state });
		return redirect(c, url.href, bound);
	} catch (error) {
		return failSignIn(c, { request, provider, error, headers: bound });
	}
}

/** A sign-in that has come back. */
export type Returned = {
	readonly request: AuthRequest;
	/** Where the pages begin that the sign-in is for; undefined if it is for a client. */
	readonly page: string | undefined;
	readonly headers: Headers;
};

type FailedSignIn = { request: AuthRequest; provider: IdentityProvider; error: unknown; headers: Headers };

/**
 * Redirects to the waiting client with an error that is safe to show. If only an administrator can correct the failure,
 * the user sees a page first, because the first user of a new server is usually its administrator.
 */
export function failSignIn(
	c: Context<AppEnv>,
	{ request, provider, error, headers }: FailedSignIn,
): Response | Promise<Response> {
	if (!(error instanceof UpstreamError)) throw error;
	const { reason } = error;
	logError(`sign_in_${reason}`, error, c.get("requestId"));
	audit("refused", { requestId: c.get("requestId"), client: request.clientId, outcome: reason });
	const redirectTo = authorizationErrorRedirect(request, ...CLIENT_ERRORS[reason]);
	if (!isMisconfigured(reason)) return redirect(c, redirectTo, headers);
	setHeaders(c, headers);
	return refuseForProvider(c, reason, { provider, redirectTo });
}

export function redirect(c: Context<AppEnv>, location: string, headers: Headers): Response {
	setHeaders(c, headers);
	return c.redirect(location);
}

export function setHeaders(c: Context<AppEnv>, headers: Headers): void {
	for (const [name, value] of headers) c.header(name, value, { append: name === "set-cookie" });
}
