/** The authorization endpoint: shows the consent page and starts the sign-in. Built on the helpers of the library. */
import { AuthorizationError, type AuthRequest, CimdFetchError, OAuthError } from "@cloudflare/workers-oauth-provider";
import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import type { AppEnv } from "../app-env.ts";
import { audit } from "../audit.ts";
import { isScope, OFFLINE_ACCESS } from "../auth/scopes.ts";
import { answerError, refuse } from "../http/answers.tsx";
import { ConsentPage, type ConsentPageProps } from "../pages/consent.tsx";
import { readRequest, withOfflineAccess } from "./authorization-request.ts";
import { callbackApp } from "./callback.tsx";
import { trustOf } from "./client-policy.ts";
import { isWebRedirectUri } from "./redirect-uris.ts";
import { refuseAuthorization, refuseUnreadableDocument, refuseWithoutStorage, START_AGAIN } from "./refusals.tsx";
import { asksForPage, rememberedAnswer, remembering } from "./remembered-consent.ts";
import { choicesOf } from "./scope-choices.ts";
import { readSignInSettings } from "./settings.ts";
import {
	chosenProvider,
	GO_BACK,
	helpers,
	PROVIDER_COOKIE,
	providersOf,
	readForm,
	setHeaders,
	startSignIn,
} from "./sign-in.ts";

export const authorizationApp = new Hono<AppEnv>();

authorizationApp.onError((error, c) => {
	if (error instanceof CimdFetchError) return refuseUnreadableDocument(c, error);
	if (error instanceof OAuthError) return refuseWithoutStorage(c, error, START_AGAIN);
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
	const page = c.get("server").pages.find(({ signedIn }) => signedIn);
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
