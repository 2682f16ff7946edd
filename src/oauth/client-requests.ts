/** Changes requests to `/authorize` and `/token` into the form that the OAuth wrapper accepts. */
import { auth as readBasic } from "hono/utils/basic-auth";
import { decodeJwt } from "jose";
import { readBody } from "../http/body.ts";

/** Drops parameters of an authorization request that have no value, as RFC 6749 section 3.1 requires. */
export function dropEmptyParameters(request: Request): Request {
	const url = new URL(request.url);
	const given = [...url.searchParams].filter(hasValue);
	if (given.length === url.searchParams.size) return request;
	url.search = String(new URLSearchParams(given));
	return new Request(url, request);
}

/**
 * Drops parameters of a token request that have no value (RFC 6749 section 3.2). Also drops a `client_id` that repeats
 * the one in HTTP Basic: the official Python SDK sends both. The wrapper checks everything else.
 */
export async function tidyTokenRequest(request: Request): Promise<Request> {
	const sent = [...(await formOf(request))];
	const given = sent.filter(hasValue);
	const [id, ...others] = given.filter(isClientId).map(([, value]) => value);
	const isRepeated = id !== undefined && others.length === 0 && id === basicIdOf(request);
	const needed = isRepeated ? given.filter((parameter) => !isClientId(parameter)) : given;
	if (needed.length === sent.length) return request;
	return new Request(request, { body: String(new URLSearchParams(needed)) });
}

/** The request with its body read, so that it can be read again at once. */
export async function withBody(request: Request, env: Env): Promise<Request> {
	if (!request.body) return request;
	return new Request(request, { body: await readBody(env, () => request.arrayBuffer()) });
}

/** The parameters of a token request. The runtime warns where a form is read as a text. */
export async function formOf(request: Request): Promise<URLSearchParams> {
	return new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer()));
}

const hasValue = ([, value]: [string, string]) => value !== "";
const isClientId = ([name]: [string, string]) => name === "client_id";

/** The client id in HTTP Basic, which is form-encoded (RFC 6749 section 2.3.1). */
function basicIdOf(request: Request): string | null | undefined {
	const basic = readBasic(request);
	return basic && new URLSearchParams(`id=${basic.username.replaceAll("&", "%26")}`).get("id");
}

/**
 * The id that a client gives in a token request, as the wrapper reads it. The wrapper authenticates the client.
 *
 * @returns undefined if it gives none
 */
export function clientIdOf(request: Request, form: URLSearchParams): string | undefined {
	const assertion = form.get("client_assertion");
	return form.get("client_id") ?? basicIdOf(request) ?? (assertion === null ? undefined : issuerOf(assertion));
}

/** RFC 7523 section 3. The signature is not checked. */
function issuerOf(assertion: string): string | undefined {
	try {
		return decodeJwt(assertion).iss;
	} catch {
		return undefined;
	}
}
