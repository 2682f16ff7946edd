/** Answers `/mcp` and `/sse` from the catalogue: in the Worker, or in the user's object if the message needs it. */
import type { JSONRPCErrorResponse } from "@modelcontextprotocol/server";
import type { Answerer } from "./answerer.ts";
import type { Server } from "./definition.ts";
import { type Gated, missingScopes } from "./gate.ts";
import { answerInWorker, answerPlainCall } from "./in-worker.ts";
import { requestedItems } from "./message.ts";
import { checkParams } from "./params.ts";
import { needsPlace } from "./place.ts";
import { plainCallOf, plainStatelessCallOf } from "./plain-call.ts";
import { logToolCall } from "./register/call-log.ts";
import { answerStatelessCall, createStatelessHandler } from "./stateless.ts";
import { userObjectOf } from "./user-object.ts";
import { isStateless, type Visit } from "./visit.ts";

export function answerFrom(server: Server): Answerer {
	const { catalogue } = server;
	const serveStateless = createStatelessHandler(server);
	return {
		prefix: "",
		refuse: () => undefined,
		objectOf({ env, principal }) {
			const object = userObjectOf(env, principal.user.id);
			return { sessions: object, streams: object };
		},
		answerAtOnce({ request, env, principal }, message, find) {
			if (isStateless(request)) {
				const plain = plainStatelessCallOf(server, message, principal, request.headers);
				return plain && answerStatelessCall(server, plain, request, principal);
			}
			const plain = plainCallOf(server, message, principal, "worker");
			return (
				plain &&
				find(plain.id).then((session) =>
					session instanceof Response ? session : answerPlainCall(env, server, plain, { session, principal }),
				)
			);
		},
		check(visit, message) {
			const { fitting, errors } = checkParams(message);
			if (fitting === undefined) return answerErrors(errors, message);
			const items = requestedItems(catalogue, fitting);
			const stepUp = challengeForScopes(items, visit);
			if (!stepUp) return { fitting, errors };
			const called = catalogue.tools.filter((tool) => items.includes(tool));
			for (const { name } of called) logToolCall(name, visit.principal, "refused", 0);
			return stepUp;
		},
		answerStateless: ({ request, principal }, message) => serveStateless(request, message, principal),
		initialize: ({ env, principal }, session, { message }) =>
			answerInWorker(env, server, { session, message, principal }),
		async answer({ env, principal }, session, { message }) {
			return needsPlace(catalogue, message, session)
				? userObjectOf(env, principal.user.id).post(session, message, principal)
				: answerInWorker(env, server, { session, message, principal });
		},
	};
}

/** Answers a message, or a batch, if no part of it is left for an MCP server. */
function answerErrors(errors: readonly JSONRPCErrorResponse[], message: unknown): Response {
	const [error] = errors;
	if (!error) return new Response(null, { status: 202 });
	if (Array.isArray(message)) return Response.json(errors);
	// If a session cannot be opened, the HTTP status is an error as well.
	const isInitialize = Object(message).method === "initialize";
	return Response.json(error, { status: isInitialize ? 400 : 200 });
}

/** A challenge for scopes that the user could grant but did not. The client may request them (RFC 6750 section 3.1). */
function challengeForScopes(items: readonly Gated[], { principal, challenge }: Visit): Response | undefined {
	const missing = missingScopes(items, principal);
	return missing.length === 0 ? undefined : challenge?.([...principal.scopes, ...missing]);
}
