/** The authorization endpoint: shows the consent page and starts the sign-in. Built on the helpers of the library. */
import {
	AuthorizationError,
	type AuthorizationErrorCode,
	type AuthRequest,
	authorizationErrorRedirect,
	CimdFetchError,
	OAuthError,
} from "@cloudflare/workers-oauth-provider";
import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import type { AppEnv } from "../app-env.ts";
import { audit } from "../audit.ts";
import { isScope, OFFLINE_ACCESS, offeredScopes, scopesAt } from "../auth/scopes.ts";
import { secretsFor } from "../auth/signing-key.ts";
import { answerError, refuse } from "../http/answers.tsx";
import { isLoopbackUrl } from "../http/loopback.ts";
import { ConsentPage, type ConsentPageProps } from "../pages/consent.tsx";
import { callbackApp } from "./callback.tsx";
import { trustOf } from "./client-policy.ts";
import { dropEmptyParameters } from "./client-requests.ts";
import { isAcceptedRedirectUri, isPrivateUseUri, isWebRedirectUri, opensApp } from "./redirect-uris.ts";
import {
	refuseAuthorization,
	refuseUnknownClient,
	refuseUnreadableDocument,
	refuseWithoutStorage,
} from "./refusals.tsx";
import { isOwnPage } from "./registration.ts";
import { faultOf, repeatedParameters } from "./request-faults.ts";
import { type ScopeChoice, scopeChoices } from "./scope-choices.ts";
import { readSignInSettings, readsClientDocuments } from "./settings.ts";
import {
	type Chosen,
	chosenProvider,
	GO_BACK,
	helpers,
	nameOf,
	PROVIDER_COOKIE,
	providersOf,
	readForm,
	redirect,
	setHeaders,
	startSignIn,
} from "./sign-in.ts";
import { isStorableKey } from "./storage-key.ts";

const DOCUMENTS_ARE_OFF =
	"Remove this server from the app and add it again: the app can register here instead. To have this server read the documents, for which it needs the internet, set CLIENT_METADATA_DOCUMENTS=on (locally in .dev.vars) and start it again.";

export const authorizationApp = new Hono<AppEnv>();

authorizationApp.onError((error, c) => {
	if (error instanceof CimdFetchError) return refuseUnreadableDocument(c, error);
	if (error instanceof OAuthError) return refuseWithoutStorage(c, error);
	if (!(error instanceof AuthorizationError)) return answerError(error, c);
	// `redirectTo` is set only if the client and its redirect URI are valid. Otherwise show a page, never redirect.
	return error.redirectTo ? c.redirect(error.redirectTo) : refuseAuthorization(c, error);
});

for (const path of ["/authorize", "/sign-in", "/callback"]) {
	authorizationApp.use(path, async (c, next) => {
		c.header("Cache-Control", "no-store");
		await next();
	});
}

authorizationApp.route("/", callbackApp);

authorizationApp.get("/authorize", async (c) => {
	const request = await readRequest(c, c.req.raw);
	if (request instanceof Response) return request;
	const provider = chosenProvider(c, getCookie(c, PROVIDER_COOKIE, "host"));
	const isSilent = isWebRedirectUri(request.redirectUri) && !asksForPage(c);
	const answered = provider && isSilent && (await rememberedAnswer(c, request, provider));
	if (answered) {
		recordConsent(c, "consent_given", answered, "remembered");
		return startSignIn(c, answered, provider, new Headers());
	}
	return askForConsent(c, request, { query: new URL(c.req.url).search });
});

authorizationApp.post("/authorize", async (c) => {
	const oauth = helpers(c);
	const form = await readForm(c);
	const handle = String(form.get("handle") ?? "");
	const decision = form.get("decision");
	if (decision === "deny") {
		const { request, headers } = await oauth.denyConsent(c.req.raw, handle);
		recordConsent(c, "consent_denied", request);
		return new Response(null, { status: 302, headers });
	}
	const scope = form
		.getAll("scope")
		.map(String)
		.filter((name) => isScope(c.get("server"), name));
	if (decision !== "approve") return askAgain(c, form, "The form did not say whether to allow or to deny.");
	if (scope.length === 0) {
		return askAgain(c, form, "Nothing was ticked, so there is nothing to allow. Tick at least one box, or deny.");
	}
	const provider = chosenProvider(c, c.req.query("provider"));
	if (provider === undefined) return askAgain(c, form, "The form did not say with whom to sign in.");
	const [remember] = await remembering(c, provider);
	const { request, headers } = await oauth.approveConsent(c.req.raw, handle, {
		scope: withOfflineAccess(scope, form.has(OFFLINE_ACCESS)),
		...(remember && { remember }),
	});
	recordConsent(c, "consent_given", request);
	return startSignIn(c, request, provider, headers);
});

function recordConsent(
	c: Context<AppEnv>,
	event: "consent_given" | "consent_denied",
	{ clientId: client, scope }: AuthRequest,
	outcome = scope.join(" "),
): void {
	audit(event, { requestId: c.get("requestId"), client, outcome });
}

/** Reads an authorization request, with the scopes to offer for it. If it is not valid, returns the error response. */
async function readRequest(c: Context<AppEnv>, raw: Request): Promise<AuthRequest | Response> {
	const given = dropEmptyParameters(raw);
	const refused = await refuseClient(c, new URL(given.url).searchParams);
	if (refused) return refused;
	const parsed = await helpers(c).parseAuthRequest(given);
	const [code, why] = faultOf(new URL(given.url).searchParams) ?? [];
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
	if (!/^https:\/\//i.test(clientId)) {
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
	if (isOwnPage(redirectUri, new URL(c.req.url).origin)) {
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
function withOfflineAccess(scopes: readonly string[], isAsked: boolean): string[] {
	return isAsked ? [...scopes, OFFLINE_ACCESS] : [...scopes];
}

type Asking = Pick<ConsentPageProps, "query" | "problem"> & {
	/** The boxes that were ticked if the form was sent before. */
	ticked?: readonly string[];
};

/** Responds with the consent page of a request. It is valid in this browser for ten minutes. */
async function askForConsent(
	c: Context<AppEnv>,
	request: AuthRequest,
	{ query, ticked, ...asking }: Asking,
): Promise<Response> {
	const oauth = helpers(c);
	const details = await oauth.describeConsent(request);
	const { handle, headers } = await oauth.beginConsent(request);
	setHeaders(c, headers);
	const choices = choicesOf(c, request, query).map((choice) =>
		ticked ? { ...choice, isTicked: ticked.includes(choice.scope) } : choice,
	);
	const [page] = c.get("server").pages;
	const { host } = new URL(c.req.url);
	const account = page && new URL(page.path, c.req.url).href;
	const { clientDomain } = details;
	const { clientTrust } = readSignInSettings(c.env);
	const isUnreviewed = clientDomain !== undefined && trustOf(clientTrust, clientDomain) === "warn";
	const props = { ...asking, details, isUnreviewed, choices, handle, query, host, account, providers: providersOf(c) };
	return c.html(<ConsentPage {...props} />, asking.problem === undefined ? 200 : 400);
}

/**
 * Shows the form again with its ticked boxes and an error. The authorization request is read from the form, and checked
 * like a new one. The new page has a handle of its own. The handle of the old page is not used up.
 */
async function askAgain(c: Context<AppEnv>, form: FormData, problem: string): Promise<Response> {
	const query = form.get("query");
	if (typeof query !== "string" || query === "") return refuse(c, 400, problem, GO_BACK);
	const url = new URL("/authorize", c.req.url);
	url.search = query;
	const request = await readRequest(c, new Request(url));
	if (request instanceof Response) return request;
	return askForConsent(c, request, { query, problem, ticked: form.getAll("scope").map(String) });
}

/** The path of a resource of this origin; empty for the origin itself. */
function pathOf(resource: AuthRequest["resource"]): string {
	const { pathname } = new URL(String(Array.isArray(resource) ? resource[0] : resource));
	return pathname === "/" ? "" : pathname;
}

/** The boxes for the scopes of a request. The query shows which scopes the client named. */
function choicesOf(c: Context<AppEnv>, { scope }: AuthRequest, query: string): ScopeChoice[] {
	const named = new URLSearchParams(query).get("scope")?.split(" ") ?? [];
	const server = c.get("server");
	const offered = scope.filter((name) => isScope(server, name));
	return scopeChoices(server, c.env, { offered, requested: named, url: c.req.url });
}

/**
 * The request as the user approved it before in this browser: with all offered scopes, or with the scopes whose boxes
 * are ticked by default.
 */
async function rememberedAnswer(
	c: Context<AppEnv>,
	request: AuthRequest,
	provider: Chosen,
): Promise<AuthRequest | undefined> {
	const remember = await remembering(c, provider);
	const choices = choicesOf(c, request, new URL(c.req.url).search);
	const unticked: string[] = choices.filter(({ isTicked }) => !isTicked).map(({ scope }) => scope);
	const asShown = { ...request, scope: request.scope.filter((scope) => !unticked.includes(scope)) };
	for (const answer of unticked.length < choices.length ? [request, asShown] : [request]) {
		for (const key of remember) if (await helpers(c).isConsentRemembered(c.req.raw, answer, key)) return answer;
	}
	return undefined;
}

/** Consent is remembered for one provider: with another provider, the client would get access to another user. */
async function remembering(c: Context<AppEnv>, provider: Chosen) {
	const secrets = await secretsFor("remembered-consent", c.env, isLoopbackUrl(c.req.url));
	return secrets.map((secret) => ({ secret, subject: nameOf(provider) }));
}

/** OpenID Connect Core 1.0, section 3.1.2.1: the client requires that the user is asked again. */
function asksForPage(c: Context<AppEnv>): boolean {
	const prompts = c.req.query("prompt")?.split(" ") ?? [];
	return prompts.some((prompt) => ["consent", "login", "select_account"].includes(prompt));
}
