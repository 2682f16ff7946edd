/** The authorization endpoint that people see: who is asking, for what, and with whom to sign in. Built on the library's helpers. */
import type { AuthRequest } from "@cloudflare/workers-oauth-provider";
import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { refuse } from "../answers.tsx";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { LOCAL_PROVIDER } from "../identity/local.ts";
import { isLoopbackUrl } from "../loopback.ts";
import { ConsentPage } from "../pages/consent.tsx";
import { isScope, offeredScopes, scopesOf } from "../scopes.ts";
import { signingKey } from "../signing-key.ts";
import { isStorableKey } from "../storage-key.ts";
import { callbackApp } from "./callback.tsx";
import {
	type Chosen,
	GO_BACK,
	helpers,
	nameOf,
	PROVIDER_COOKIE,
	providersOf,
	readForm,
	setHeaders,
	startSignIn,
	usesBuiltIn,
} from "./sign-in.ts";

export const authorizationApp = new Hono<AppEnv>();

/** Without an identity provider only a loopback host can sign anyone in. */
const requireIdentityProvider = createMiddleware<AppEnv>(async (c, next) => {
	c.header("Cache-Control", "no-store");
	if (providersOf(c).length > 0 || isLoopbackUrl(c.req.url)) return next();
	return refuse(
		c,
		503,
		"Nobody can sign in here yet: this server has no identity provider.",
		"Its operator can add one with two secrets, for example “npx wrangler secret put GITHUB_CLIENT_ID” and “npx wrangler secret put GITHUB_CLIENT_SECRET”. The README lists the providers. The built-in sign-in works on http://localhost only, because it lets in whoever types an email address.",
	);
});

for (const path of ["/authorize", "/sign-in", "/callback"]) authorizationApp.use(path, requireIdentityProvider);

authorizationApp.route("/", callbackApp);

authorizationApp.get("/authorize", async (c) => {
	const oauth = helpers(c);
	const clientId = c.req.query("client_id") ?? "";
	// The address of a metadata document is fetched, any other id is looked up.
	if (!clientId.startsWith("https://") && !isStorableKey(`client:${clientId}`)) {
		return refuse(c, 400, "The client id is too long.");
	}
	const parsed = await oauth.parseAuthRequest(c.req.raw);
	const available = scopesOf(pathOf(parsed.resource), readConfig(c.env).stdio !== undefined);
	const request = { ...parsed, scope: offeredScopes(parsed.scope, available) };
	const provider = chosenProvider(c, getCookie(c, PROVIDER_COOKIE, "host"));
	if (
		provider &&
		!asksForPage(c) &&
		(await oauth.isConsentRemembered(c.req.raw, request, await remembering(c, provider)))
	) {
		return startSignIn(c, request, provider, new Headers());
	}
	const details = await oauth.describeConsent(request);
	const { handle, headers } = await oauth.beginConsent(request);
	setHeaders(c, headers);
	const page = <ConsentPage details={details} scopes={request.scope} handle={handle} providers={providersOf(c)} />;
	return c.html(page);
});

authorizationApp.post("/authorize", async (c) => {
	const oauth = helpers(c);
	const form = await readForm(c);
	const handle = String(form.get("handle") ?? "");
	const decision = form.get("decision");
	if (decision === "deny") {
		const { headers } = await oauth.denyConsent(c.req.raw, handle);
		return new Response(null, { status: 302, headers });
	}
	if (decision !== "approve") return refuse(c, 400, "The form did not say whether to allow or to deny.", GO_BACK);
	const scope = form.getAll("scope").map(String).filter(isScope);
	if (scope.length === 0) return refuse(c, 400, "Nothing was ticked, so there is nothing to allow.", GO_BACK);
	const provider = chosenProvider(c, c.req.query("provider"));
	if (provider === undefined) return refuse(c, 400, "The form did not say with whom to sign in.", GO_BACK);
	const remember = await remembering(c, provider);
	const { request, headers } = await oauth.approveConsent(c.req.raw, handle, { scope, remember });
	return startSignIn(c, request, provider, headers);
});

/** Of a resource of this origin; empty for the origin itself. */
function pathOf(resource: AuthRequest["resource"]): string {
	const { pathname } = new URL(String(Array.isArray(resource) ? resource[0] : resource));
	return pathname === "/" ? "" : pathname;
}

/** An approval is for one provider: with another, the client would get to know somebody else. */
async function remembering(c: Context<AppEnv>, provider: Chosen) {
	return { secret: await signingKey(c.env, isLoopbackUrl(c.req.url)), subject: nameOf(provider) };
}

/** OpenID Connect Core 1.0, section 3.1.2.1: the client wants the person asked, whatever they answered before. */
function asksForPage(c: Context<AppEnv>): boolean {
	const prompts = c.req.query("prompt")?.split(" ") ?? [];
	return prompts.some((prompt) => ["consent", "login", "select_account"].includes(prompt));
}

/** The provider of this name; without a name, the only one there is. */
function chosenProvider(c: Context<AppEnv>, name: string | undefined): Chosen | undefined {
	if (usesBuiltIn(c)) return LOCAL_PROVIDER;
	const [first, ...others] = providersOf(c);
	return others.length === 0 ? first : providersOf(c).find((provider) => provider.name === name);
}
