/** The authorization endpoint that people see: consent, then sign-in, then back to the client. Built on the library's helpers. */
import { type AuthRequest, authorizationErrorRedirect, type OAuthHelpers } from "@cloudflare/workers-oauth-provider";
import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { refuse } from "../answers.tsx";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { isLoopbackUrl } from "../host-policy.ts";
import { identifyLocally, LOCAL_PROVIDER } from "../identity/local.ts";
import type { Identity } from "../identity/provider.ts";
import { ConsentPage } from "../pages/consent.tsx";
import { SignInPage } from "../pages/sign-in.tsx";
import { isPermitted, isScope, offeredScopes } from "../scopes.ts";
import { type Props, permissionsOf, type User } from "../session.ts";
import { signingKey } from "../signing-key.ts";
import { oauthServer } from "./server.ts";

export const authorizationApp = new Hono<AppEnv>();

/** Without an identity provider only a loopback host can sign anyone in. */
const requireIdentityProvider = createMiddleware<AppEnv>(async (c, next) => {
	c.header("Cache-Control", "no-store");
	if (isLoopbackUrl(c.req.url)) return next();
	return refuse(
		c,
		503,
		"Nobody can sign in here yet: this server has no identity provider.",
		"The built-in sign-in works on http://localhost only, because it lets in whoever types an e-mail address. To sign people in here, add an identity provider in src/identity and set its client id and secret with “npx wrangler secret put”.",
	);
});

for (const path of ["/authorize", "/sign-in", "/callback"]) authorizationApp.use(path, requireIdentityProvider);

authorizationApp.get("/authorize", async (c) => {
	const oauth = helpers(c);
	const parsed = await oauth.parseAuthRequest(c.req.raw);
	const request = { ...parsed, scope: offeredScopes(parsed.scope) };
	const remember = { secret: await signingKey(c.env, isLoopbackUrl(c.req.url)) };
	if (await oauth.isConsentRemembered(c.req.raw, request, remember)) return startSignIn(c, request, new Headers());
	const details = await oauth.describeConsent(request);
	const { handle, headers } = await oauth.beginConsent(request);
	setHeaders(c, headers);
	return c.html(<ConsentPage details={details} scopes={request.scope} handle={handle} />);
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
	const remember = { secret: await signingKey(c.env, isLoopbackUrl(c.req.url)) };
	const { request, headers } = await oauth.approveConsent(c.req.raw, handle, { scope, remember });
	return startSignIn(c, request, headers);
});

/** The built-in identity provider's page. It changes nothing, so it asks nothing of the state it passes on. */
authorizationApp.get("/sign-in", (c) => c.html(<SignInPage state={c.req.query("state") ?? ""} />));

authorizationApp.post("/callback", async (c) => {
	const form = await readForm(c);
	const identity = identifyLocally(form);
	if (!identity) {
		// The state is still unused: the person corrects the form and goes on.
		const email = String(form.get("email") ?? "");
		return c.html(<SignInPage state={c.req.query("state") ?? ""} rejectedEmail={email} />, 400);
	}
	const { request, headers } = await helpers(c).finishUpstream(c.req.raw);
	return finishSignIn(c, request, identity, headers);
});

const GO_BACK = "Go back to the page before this one, and choose again.";

function helpers(c: Context<AppEnv>): OAuthHelpers {
	return oauthServer(new URL(c.req.url).origin).authorizationServer.getOAuthApi(c.env);
}

async function readForm(c: Context<AppEnv>): Promise<FormData> {
	try {
		return await c.req.formData();
	} catch (cause) {
		throw new HTTPException(400, {
			message: "This address takes the form of the page before it, and nothing else.",
			cause,
		});
	}
}

/** Hands the person over to the identity provider. */
async function startSignIn(c: Context<AppEnv>, request: AuthRequest, headers: Headers): Promise<Response> {
	const { state, headers: withState } = await helpers(c).beginUpstream(request, { headers });
	withState.set("Location", `/sign-in?state=${encodeURIComponent(state)}`);
	return new Response(null, { status: 302, headers: withState });
}

/** Issues the code for what was both consented and permitted, and sends the browser back to the client. */
async function finishSignIn(c: Context<AppEnv>, request: AuthRequest, identity: Identity, headers: Headers) {
	const { subject, permissions, ...person } = identity;
	const user: User = {
		id: `${LOCAL_PROVIDER}-${subject}`,
		provider: LOCAL_PROVIDER,
		permissions: [...permissions],
		...person,
	};
	const allowed = permissionsOf(user, readConfig(c.env).imageGenerationUsers);
	const scope = request.scope.filter(isScope).filter((name) => isPermitted(name, allowed));
	if (scope.length === 0) {
		const description = "This user may use none of what was allowed.";
		headers.set("Location", authorizationErrorRedirect(request, "access_denied", description));
		return new Response(null, { status: 302, headers });
	}
	const props: Props = { user };
	const { redirectTo } = await helpers(c).completeAuthorization({
		request,
		userId: user.id,
		metadata: {},
		scope,
		props,
	});
	headers.set("Location", redirectTo);
	return new Response(null, { status: 302, headers });
}

function setHeaders(c: Context<AppEnv>, headers: Headers): void {
	for (const [name, value] of headers) c.header(name, value, { append: name === "set-cookie" });
}
