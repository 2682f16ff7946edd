/** A visit: a request that was let in at an endpoint, with its principal. */
import type { RequestId } from "@modelcontextprotocol/server";
import { pseudonymOf } from "../audit.ts";
import type { User } from "../auth/grant.ts";
import { allowListsOf, permissionsOf, type WithPermissions } from "../auth/permissions.ts";
import type { Principal } from "../auth/principal.ts";
import { isScope, type WithScopes } from "../auth/scopes.ts";
import { accepts as isAccepted } from "../http/accept.ts";
import type { Endpoint } from "../http/endpoints.ts";
import { JSON_RPC, jsonRpcError } from "../http/json-rpc.ts";
import { isUserBeyond, LIMIT_RETRY_SECONDS } from "../http/limits.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { currentRequestId } from "../http/request-id.ts";
import { traceparentOf } from "../http/trace-context.ts";
import { VERSION_HEADER } from "./headers.ts";
import { STATELESS_VERSION } from "./protocol-versions.ts";
import { SessionIds } from "./session-ids.ts";

/** The result of a sign-in check: the data about a request that was let in. */
export type Admission = Pick<Principal, "clientId" | "grantId" | "expiresAt"> & {
	readonly user: User;
	/** The granted scopes. Names that are not scopes of the server are ignored. */
	readonly scopes: readonly string[];
	readonly upstreamToken?: string | undefined;
	/** The response that asks the client to request these scopes too. Absent if there is no authorization server. */
	challenge?(scopes: readonly string[]): Response;
};

export type Handler = (request: Request, env: Env, admission: Admission) => Promise<Response>;

/** A request that was let in, and the data to answer it. */
export type Visit = Pick<Admission, "challenge"> & {
	readonly request: Request;
	readonly env: Env;
	readonly principal: Principal;
	readonly ids: SessionIds;
	/** @returns the refusal of a user who calls or opens streams too often */
	refuseBeyondLimit(what: "call" | "stream", id?: RequestId | null): Promise<Response | undefined>;
};

export async function visitOf(
	request: Request,
	env: Env,
	admission: Admission,
	server: WithScopes & WithPermissions,
	endpoint: Endpoint,
): Promise<Visit> {
	const principal = await principalOf(request, env, admission, server, endpoint);
	const { challenge } = admission;
	return {
		request,
		env,
		principal,
		ids: new SessionIds(endpoint, env, principal),
		...(challenge && { challenge }),
		async refuseBeyondLimit(what, id = null) {
			if (!(await isUserBeyond(env.USER_LIMIT, request, what, principal.user.id))) return undefined;
			const headers = { "Retry-After": String(LIMIT_RETRY_SECONDS) };
			return jsonRpcError(429, JSON_RPC.transport, TOO_MANY, { id, headers });
		},
	};
}

const TOO_MANY = "Too many requests of yours came within a minute. Try again in a minute.";

async function principalOf(
	request: Request,
	env: Env,
	admission: Admission,
	server: WithScopes & WithPermissions,
	endpoint: Endpoint,
): Promise<Principal> {
	const { user, clientId, scopes, grantId, expiresAt, upstreamToken } = admission;
	const { permissions: _claimed, membership: _checked, ...person } = user;
	const url = new URL(request.url);
	const isLocal = isLoopbackUrl(url);
	return {
		user: person,
		clientId,
		permissions: permissionsOf(user, allowListsOf(server, env, isLocal)),
		scopes: scopes.filter((scope) => isScope(server, scope)),
		upstreamToken,
		grantId,
		expiresAt,
		origin: url.origin,
		requestId: currentRequestId(),
		traceparent: traceparentOf(request.headers.get("traceparent")),
		pseudonym: await pseudonymOf(user.id, env, isLocal),
		era: endpoint.endsWith("/sse") ? "sse" : isStateless(request) ? "2026-07-28" : "2025",
		isLocal,
	};
}

export function accepts(request: Request, mediaType: string): boolean {
	return isAccepted(request.headers.get("Accept"), mediaType);
}

/** Whether a request uses the version without sessions. */
export function isStateless(request: Request): boolean {
	return request.headers.get(VERSION_HEADER) === STATELESS_VERSION;
}
