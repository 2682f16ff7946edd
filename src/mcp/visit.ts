/** A request to one of the endpoints, once its token was accepted: who it is from, and what it takes to answer it. */
import type { OAuthResourceContext } from "@cloudflare/workers-oauth-provider";
import type { Grant } from "../auth/grant.ts";
import { allowListsOf, permissionsOf } from "../auth/permissions.ts";
import type { Principal } from "../auth/principal.ts";
import { isScope } from "../auth/scopes.ts";
import { accepts as isAccepted } from "../http/accept.ts";
import { currentRequestId } from "../http/app-env.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import type { Server } from "./define/server.ts";
import { VERSION_HEADER } from "./headers.ts";
import { STATELESS_VERSION } from "./protocol-versions.ts";
import type { Endpoint } from "./session-id.ts";
import { SessionIds } from "./session-ids.ts";

export type ResourceContext = OAuthResourceContext<Grant>;
export type Handler = (request: Request, env: Env, ctx: ResourceContext) => Promise<Response>;

/** A request that was let in, and what it takes to answer it. */
export type Visit = {
	readonly request: Request;
	readonly env: Env;
	readonly ctx: ResourceContext;
	readonly principal: Principal;
	readonly ids: SessionIds;
};

export function visitOf(request: Request, env: Env, ctx: ResourceContext, server: Server, endpoint: Endpoint): Visit {
	const principal = principalOf(request, env, ctx, server);
	return { request, env, ctx, principal, ids: new SessionIds(endpoint, env, principal) };
}

function principalOf(request: Request, env: Env, ctx: ResourceContext, server: Server): Principal {
	const { user, upstream, grantId } = ctx.props;
	const { permissions: _claimed, ...person } = user;
	const url = new URL(request.url);
	const isLocal = isLoopbackUrl(url);
	return {
		user: person,
		clientId: ctx.auth.clientId ?? "",
		permissions: permissionsOf(user, allowListsOf(server, env, isLocal)),
		scopes: ctx.auth.scope.filter((scope) => isScope(server, scope)),
		upstreamToken: upstream?.accessToken,
		grantId,
		expiresAt: ctx.auth.expiresAt,
		origin: url.origin,
		requestId: currentRequestId(),
		isLocal,
	};
}

export function accepts(request: Request, mediaType: string): boolean {
	return isAccepted(request.headers.get("Accept"), mediaType);
}

/** Whether a request is of the era without sessions. */
export function isStateless(request: Request): boolean {
	return request.headers.get(VERSION_HEADER) === STATELESS_VERSION;
}
