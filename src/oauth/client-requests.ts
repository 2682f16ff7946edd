/** What clients send to `/authorize`, `/token` and `/register`, in the form that the OAuth wrapper takes. */
import { auth as readBasic } from "hono/utils/basic-auth";
import { z } from "zod";

/** Takes parameters of an authorization request that have no value as absent, as RFC 6749 section 3.1 says. */
export function dropEmptyParameters(request: Request): Request {
	const url = new URL(request.url);
	const given = [...url.searchParams].filter(hasValue);
	if (given.length === url.searchParams.size) return request;
	url.search = String(new URLSearchParams(given));
	return new Request(url, request);
}

/**
 * Takes parameters of a token request that have no value as absent (RFC 6749 section 3.2), and HTTP Basic beside the same
 * `client_id` as one authentication: the official Python SDK sends both. Everything else is passed on as it came, for
 * the wrapper to judge.
 */
export async function tidyTokenRequest(request: Request): Promise<Request> {
	const sent = [...new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer()))];
	const given = sent.filter(hasValue);
	const [id, ...others] = given.filter(isClientId).map(([, value]) => value);
	const isRepeated = id !== undefined && others.length === 0 && id === basicIdOf(request);
	const needed = isRepeated ? given.filter((parameter) => !isClientId(parameter)) : given;
	if (needed.length === sent.length) return request;
	return new Request(request, { body: String(new URLSearchParams(needed)) });
}

const hasValue = ([, value]: [string, string]) => value !== "";
const isClientId = ([name]: [string, string]) => name === "client_id";

/** The client id within HTTP Basic, where it is form-encoded (RFC 6749 section 2.3.1). */
function basicIdOf(request: Request): string | null | undefined {
	const basic = readBasic(request);
	return basic && new URLSearchParams(`id=${basic.username.replaceAll("&", "%26")}`).get("id");
}

const membersSchema = z.record(z.string(), z.unknown());

/**
 * Takes optional members of a registration that are null or empty as absent: many clients write down all there are.
 * RFC 7591 section 2 requires no member but `redirect_uris`, which stays as it is.
 */
export async function dropEmptyMembers(request: Request): Promise<Request> {
	const parsed = membersSchema.safeParse(
		await request
			.clone()
			.json()
			.catch(() => undefined),
	);
	if (!parsed.success) return request;
	const members = Object.entries(parsed.data);
	const given = members.filter(([name, value]) => name === "redirect_uris" || (value !== null && value !== ""));
	if (given.length === members.length) return request;
	return new Request(request, { body: JSON.stringify(Object.fromEntries(given)) });
}
