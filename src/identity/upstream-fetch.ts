/** Every request to an identity provider goes through this file, which tells its failures apart. */
import { env } from "cloudflare:workers";
import { z } from "zod";
import { name, version } from "../../package.json";
import { readSettings } from "../auth/settings.ts";
import { RETRY_AFTER_SECONDS } from "../errors.ts";
import { keptLifetime } from "./kept.ts";
import { UpstreamError } from "./provider.ts";

/** RFC 9110 section 10.1.5. */
const USER_AGENT = `${name}/${version}`;

/** The type that oauth4webapi passes: members that RequestInit leaves out may be present and undefined. */
type UpstreamInit = Omit<RequestInit, "body"> & { readonly body?: BodyInit | null | undefined };

/**
 * The fetch function for oauth4webapi and for the APIs of providers.
 *
 * @throws UpstreamError `unavailable` if the provider cannot be reached, takes too long, is rate limited or failing
 */
export async function upstreamFetch(input: string | URL, init: UpstreamInit = {}): Promise<Response> {
	const headers = new Headers(init.headers);
	headers.set("User-Agent", USER_AGENT);
	const where = new URL(input).host;
	const timeout = AbortSignal.timeout(readSettings(env).upstreamTimeoutSeconds * 1000);
	const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
	let response: Response;
	try {
		const { body, ...rest } = init;
		response = await fetch(input, { ...rest, headers, signal, ...(body != null && { body }) });
	} catch (cause) {
		throw new UpstreamError("unavailable", `${where} could not be reached`, { cause });
	}
	if (response.status !== 429 && response.status < 500) return response;
	await response.body?.cancel();
	const retryAfter = response.headers.get("Retry-After") ?? String(RETRY_AFTER_SECONDS);
	throw new UpstreamError("unavailable", `${where} answered ${response.status}`, { retryAfter });
}

/**
 * Fetches a JSON response of a provider's API.
 *
 * @throws UpstreamError `malformed` if the status is an error, or the body does not fit the schema
 */
export async function fetchJson<T>(url: string, accessToken: string, schema: z.ZodType<T>): Promise<T> {
	const headers = { Authorization: `Bearer ${accessToken}`, Accept: "application/json" };
	const response = await upstreamFetch(url, { headers });
	const body: unknown = await response.json().catch(() => undefined);
	const result = schema.safeParse(body);
	if (response.ok && result.success) return result.data;
	const problem = result.success ? `answered ${response.status}` : z.prettifyError(result.error);
	const { status } = response;
	throw new UpstreamError("malformed", `${url}, status ${status}: ${problem}`, { status });
}

/** Replaces a lifetime that is not a whole number of seconds in a token response, or removes it if it is not a number. */
export async function withLifetime(response: Response): Promise<Response> {
	const body = parseObject(await response.clone().text());
	if (!body || !("expires_in" in body)) return response;
	const { expires_in: given, ...rest } = body;
	const lifetime = keptLifetime(given);
	if (lifetime === given) return response;
	return Response.json(
		{ ...rest, ...(lifetime !== undefined && { expires_in: lifetime }) },
		{ status: response.status },
	);
}

/** Turns non-standard responses into those that oauth4webapi reads. Some providers send errors with status 200. */
export function normalizingFetch(normalize: (body: Record<string, unknown>) => Record<string, unknown>) {
	return async (url: string, init: UpstreamInit): Promise<Response> => {
		const response = await upstreamFetch(url, init);
		const text = await response.text();
		const body = parseObject(text);
		if (!body) return new Response(text, response);
		const normal = normalize(body);
		return Response.json(normal, { status: "error" in normal && response.ok ? 400 : response.status });
	};
}

function parseObject(text: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null ? { ...value } : undefined;
	} catch {
		return undefined;
	}
}
