/**
 * The internet of the tests: knows which host is which server on this computer, passes requests on, writes down what
 * the providers are asked, and has them fail in the ways that a test wants to see. All by client, so that tests do
 * not disturb each other.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { type Behaviour, CONTROL_HOST, type Fault, type Recorded } from "./behaviour.ts";
import type { Clients } from "./clients.ts";
import { type Listening, listen, type Passed, passOn, readBody, sendJson } from "./http.ts";
import type { SigningKeys } from "./keys.ts";

/** A host's server: its port, and the host it takes itself for. */
export type Route = { readonly port: number; readonly host: string };

type Asked = { readonly clientId: string; readonly recorded: Recorded };
type TraceHeaders = Pick<Recorded, "traceparent" | "tracestate" | "baggage">;

const tokenAnswerSchema = z.looseObject({ access_token: z.string(), id_token: z.string().optional() });

export function startInternet(
	routes: ReadonlyMap<string, Route>,
	clients: Clients,
	keys: SigningKeys,
): Promise<Listening> {
	return listen((message, response) => {
		answer(message, response).catch((error: unknown) => {
			console.error("The internet of the tests failed:", error);
			response.writeHead(500).end();
		});
	});

	async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
		const host = String(message.headers["x-forwarded-host"]);
		const body = await readBody(message);
		if (message.url?.includes("/.well-known/")) await publish(host, message.url);
		if (host === CONTROL_HOST) return control(message, response, body);
		const request = describe(message, host, body);
		if (request) clients.record(request.clientId, request.recorded);
		const route = find(host, message);
		if (!route) return void response.writeHead(404).end(`Nobody is at ${host}`);
		const behaviour = clients.behaviourOf(request?.clientId ?? "");
		if (request?.recorded.grantType && behaviour.thinkMilliseconds !== undefined) {
			await setTimeout(behaviour.thinkMilliseconds);
		}
		const fault = faultFor(behaviour, request?.recorded.grantType, request !== undefined);
		if (fault === "silence") return;
		if (fault) {
			response.writeHead(fault.status, { "Content-Type": "application/json", ...fault.headers });
			return void response.end(fault.text ?? JSON.stringify(fault.body ?? {}));
		}
		const passed = await passOn(route.port, route.host, message, body);
		const isToken = request?.recorded.grantType !== undefined && passed.status === 200;
		const text = isToken ? await changeTokens(passed, request.clientId, request.recorded.grantType) : passed.body;
		const { "content-length": _, "transfer-encoding": __, connection: ___, ...headers } = passed.headers;
		response.writeHead(passed.status, headers).end(text);
	}

	/** What a host publishes is nobody's request: tests speak of it by the name of the host. */
	async function publish(host: string, path: string): Promise<void> {
		clients.record(host, { host, path });
		const { thinkMilliseconds } = clients.behaviourOf(host);
		if (thinkMilliseconds !== undefined) await setTimeout(thinkMilliseconds);
	}

	/** The server of a host, or of a path below it that has one of its own. */
	function find(host: string, message: IncomingMessage): Route | undefined {
		const { url = "/" } = message;
		const [below] = [...routes.keys()].filter((key) => `${host}${url}`.startsWith(`${key}/`) && key !== host);
		if (below === undefined) return routes.get(host);
		message.url = `${host}${url}`.slice(below.length);
		return routes.get(below);
	}

	/** PUT: how to treat a client. GET: what it asked for. */
	function control(message: IncomingMessage, response: ServerResponse, body: string): void {
		const clientId = decodeURIComponent(message.url?.slice(1) ?? "");
		if (message.method === "PUT") clients.behave(clientId, JSON.parse(body) as Behaviour);
		sendJson(response, 200, clients.requestsOf(clientId));
	}

	/** Which client a request is for, if it is one of a client's own. */
	function describe(message: IncomingMessage, host: string, body: string): Asked | undefined {
		const path = message.url?.split("?")[0] ?? "/";
		const { authorization = "" } = message.headers;
		const bearer = /^Bearer (.+)$/i.exec(authorization)?.[1];
		const owner = bearer && clients.ownerOf(bearer);
		const { traceparent, tracestate, baggage } = message.headers;
		const traced = JSON.parse(JSON.stringify({ traceparent, tracestate, baggage })) as TraceHeaders;
		if (owner) return { clientId: owner, recorded: { host, path, bearer, ...traced } };
		// Where a redirect of a client's API ends.
		const caught = /^\/caught\/(.+)$/.exec(path)?.[1];
		if (caught !== undefined)
			return { clientId: caught, recorded: { host, path, ...(bearer && { bearer }), ...traced } };
		const form = Object.fromEntries(new URLSearchParams(body));
		const grantType = form.grant_type;
		if (grantType === undefined) return undefined;
		const basic = /^Basic (.+)$/.exec(authorization)?.[1];
		const clientId = form.client_id ?? decodeURIComponent(atob(basic ?? "").split(":")[0] ?? "");
		return { clientId, recorded: { host, path, grantType, form } };
	}

	async function changeTokens(passed: Passed, clientId: string, grantType: string | undefined): Promise<string> {
		const parsed = tokenAnswerSchema.safeParse(JSON.parse(passed.body));
		if (!parsed.success) return passed.body;
		const { idToken, accessToken, refreshToken, expiresIn } = clients.behaviourOf(clientId);
		const tokens: Record<string, unknown> = parsed.data;
		clients.own(parsed.data.access_token, clientId);
		if (grantType === "refresh_token" && refreshToken === "omitted") delete tokens.refresh_token;
		if (expiresIn === null) delete tokens.expires_in;
		else if (expiresIn !== undefined && "expires_in" in tokens) tokens.expires_in = expiresIn;
		if (accessToken) {
			tokens.access_token = await keys.resign(parsed.data.access_token, accessToken.claims, accessToken.isForged);
		}
		if (idToken?.isMissing) delete tokens.id_token;
		else if (idToken && parsed.data.id_token !== undefined) {
			tokens.id_token = await keys.resign(parsed.data.id_token, idToken.claims, idToken.isForged);
		}
		return JSON.stringify(tokens);
	}
}

function faultFor(behaviour: Behaviour, grantType: string | undefined, isClients: boolean): Fault | undefined {
	if (grantType === "authorization_code") return behaviour.onCode;
	if (grantType === "refresh_token") return behaviour.onRefresh;
	return isClients ? behaviour.onApi : undefined;
}
