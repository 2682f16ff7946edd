/** The callback: the identity provider sends users back here. The state shows which provider it was. */
import { type AuthRequest, authorizationErrorRedirect, CimdFetchError } from "@cloudflare/workers-oauth-provider";
import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import type { AppEnv } from "../app-env.ts";
import { audit } from "../audit.ts";
import { LOCAL_PROVIDER, type Props, propsSchema, type User, userId } from "../auth/grant.ts";
import { allowListsOf, knownPermissions, permissionsOf } from "../auth/permissions.ts";
import { isPermitted, isScope, isTokenScope } from "../auth/scopes.ts";
import { maySignIn } from "../auth/sign-in-policy.ts";
import { refuse } from "../http/answers.tsx";
import { isLoopbackUrl } from "../http/loopback.ts";
import { identifyLocally } from "../identity/local.ts";
import type { SignedIn } from "../identity/provider.ts";
import { SignInPage, type SignInPageProps } from "../pages/sign-in.tsx";
import { hasDocument } from "./client-documents.ts";
import type { Completion } from "./grant-contract.ts";
import { grantsOf } from "./grants.ts";
import { callbackUrl } from "./misconfigured-provider.tsx";
import { refuseUnlessOpen } from "./refusals.tsx";
import { refuseUser } from "./refused-user.tsx";
import { readSignInSettings } from "./settings.ts";
import { shownName } from "./shown-name.ts";
import {
	failSignIn,
	GO_BACK,
	helpers,
	providersOf,
	type Returned,
	readForm,
	redirect,
	setHeaders,
	usesBuiltIn,
} from "./sign-in.ts";
import { storageOf, unavailable } from "./storage.ts";

export const callbackApp = new Hono<AppEnv>();

/** The built-in sign-in does not exist if an identity provider is set up. */
const requireBuiltIn = createMiddleware<AppEnv>(async (c, next) => {
	return usesBuiltIn(c) ? next() : refuse(c, 404, "There is no such page here.");
});

/** The page of the built-in sign-in. It requires a pending sign-in that was started in this browser. */
callbackApp.get("/sign-in", requireBuiltIn, (c) => askWhoItIs(c));

callbackApp.post("/callback", requireBuiltIn, async (c) => {
	const form = await readForm(c);
	if (form.get("decision") === "cancel") return cancelSignIn(c);
	const identity = identifyLocally(form);
	// The state is still unused, so the user can correct the form and send it again.
	if (!identity) return askWhoItIs(c, String(form.get("email") ?? ""));
	const { request, data, headers } = await helpers(c).finishUpstream(c.req.raw);
	const { page } = flowSchema.parse(data);
	return finishSignIn(c, { request, page, headers }, LOCAL_PROVIDER, { identity });
});

/** Redirects to the client with the error of a user who said no, or back to the page. */
async function cancelSignIn(c: Context<AppEnv>): Promise<Response> {
	const { request, data, headers } = await helpers(c).finishUpstream(c.req.raw);
	const { page } = flowSchema.parse(data);
	const denial = () => authorizationErrorRedirect(request, "access_denied", "The user cancelled the sign-in.");
	audit("refused", { requestId: c.get("requestId"), client: request.clientId, outcome: "sign_in_cancelled" });
	return redirect(c, page ?? denial(), headers);
}

async function askWhoItIs(c: Context<AppEnv>, rejectedEmail?: string): Promise<Response> {
	const state = c.req.query("state");
	const refusal = await refuseUnlessOpen(c, state);
	if (refusal) return refusal;
	const permissions = permissionsToTry(c);
	const rejected = rejectedEmail !== undefined && { rejectedEmail };
	const app = c.req.query("app");
	const props = { state: state ?? "", permissions, app: app === undefined ? app : shownName(app) };
	return c.html(<SignInPage {...props} {...rejected} />, rejected ? 400 : 200);
}

/** The permissions that have an effect on this server, without those that all users have. */
function permissionsToTry(c: Context<AppEnv>): SignInPageProps["permissions"] {
	const { permissions } = c.get("server");
	const lists = allowListsOf(c.get("server"), c.env, isLoopbackUrl(c.req.url));
	const names = Object.keys(lists).filter((name) => !lists[name]?.includes("*"));
	return names.map((name) => ({ name, title: permissions[name]?.title ?? name }));
}

/** The callback of all identity providers. The state shows which provider it was. */
callbackApp.get("/callback", async (c) => {
	const { request, data, headers } = await helpers(c).finishUpstream(c.req.raw);
	const { provider: name, page, ...secrets } = flowSchema.parse(data);
	const provider = providersOf(c).find((enabled) => enabled.name === name);
	if (!provider) return refuse(c, 400, "The sign-in that you used is not offered any more.", GO_BACK);
	const callback = new URL(c.req.url).searchParams;
	const flow = { ...secrets, redirectUri: callbackUrl(c), state: callback.get("state") ?? "" };
	const { claim } = readSignInSettings(c.env).policy;
	try {
		return finishSignIn(c, { request, page, headers }, name, await provider.signIn(callback, flow, claim));
	} catch (error) {
		return failSignIn(c, { request, provider, error, headers });
	}
});

/** The data that the authorization server keeps between the redirect and the callback. */
const flowSchema = z.object({
	provider: z.string(),
	codeVerifier: z.string(),
	nonce: z.string(),
	/** Where the pages begin that the sign-in is for; absent if it is for a client. */
	page: z.string().optional(),
});

/** Issues a code for the scopes that the user consented to, and redirects to the client. A token contains only permitted scopes. */
async function finishSignIn(
	c: Context<AppEnv>,
	{ request, page, headers }: Returned,
	provider: string,
	{ identity, tokens }: Pick<SignedIn, "identity"> & Partial<SignedIn>,
): Promise<Response> {
	const { subject, permissions, ...person } = identity;
	const server = c.get("server");
	const known = knownPermissions(server, permissions);
	const user: User = { id: userId(provider, subject), provider, permissions: known, ...person };
	if (!maySignIn(user, readSignInSettings(c.env).policy)) return refuseUser(c, user, { request, page, headers });
	if (page !== undefined) {
		setHeaders(c, headers);
		const extra = server.pages.find(({ path }) => path === page);
		return extra?.signedIn ? extra.signedIn(c, user) : c.notFound();
	}
	const allowed = permissionsOf(user, allowListsOf(server, c.env, isLoopbackUrl(c.req.url)));
	const scope = request.scope.filter((name) => isTokenScope(server, name));
	if (!scope.some((name) => isScope(server, name) && isPermitted(server, name, allowed))) {
		const description = "This user may use none of what was allowed.";
		audit("refused", { requestId: c.get("requestId"), client: request.clientId, outcome: "nothing_permitted" });
		return redirect(c, authorizationErrorRedirect(request, "access_denied", description), headers);
	}
	// What cannot be read again must not be written.
	const props = propsSchema.parse({ user, upstream: tokens } satisfies Props);
	return redirect(c, await complete(c, request, { userId: user.id, scope, props }), headers);
}

const CLIENT_MISSING = "This server cannot find the registration of your app at the moment. Try again in a minute.";

/**
 * Has the user's object make the grant.
 *
 * @returns the address that gives the client its code
 * @throws CimdFetchError or OAuthError, if the client's document or its record cannot be read
 */
async function complete(
	c: Context<AppEnv>,
	request: AuthRequest,
	grant: Pick<Completion, "userId" | "scope" | "props">,
): Promise<string> {
	const { clientId } = request;
	// A client with a metadata document has no record. To look for one, again and again, would take seconds.
	const isRegistered = !hasDocument(clientId);
	const client = isRegistered ? await storageOf(c.env).OAUTH_KV.get(`client:${clientId}`) : null;
	if (client === null && isRegistered) throw unavailable(CLIENT_MISSING);
	const completed = await grantsOf(c.env, grant.userId).complete({
		...grant,
		request,
		origin: new URL(c.req.url).origin,
		client: client ?? undefined,
		requestId: c.get("requestId"),
	});
	if ("redirectTo" in completed) return completed.redirectTo;
	if ("unavailable" in completed) throw unavailable(completed.unavailable);
	const { metadataUrl, detail } = completed.unreadable;
	throw new CimdFetchError(metadataUrl, new Error(detail));
}
