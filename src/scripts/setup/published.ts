/** Checks what an identity provider publishes: the metadata of its issuer (OpenID Connect Discovery 1.0), and its keys. */
import { z } from "zod";
import type { Published } from "../../identity/settings.ts";

const TIMEOUT_MILLISECONDS = 10_000;

/** `wrong`: it answers, but not as a provider with these settings would. `unreachable`: nothing is known. */
export type Finding = { readonly kind: "wrong" | "unreachable"; readonly sentence: string };

const metadataSchema = z.object({ issuer: z.string() });
const endpointsSchema = z.object({
	authorization_endpoint: z.url(),
	token_endpoint: z.url(),
	jwks_uri: z.url({ protocol: /^https$/ }),
});
const keysSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** @returns undefined if all is well */
export async function checkPublished(published: Published): Promise<Finding | undefined> {
	return "issuer" in published ? checkIssuer(published.issuer) : checkKeys(published.keys);
}

async function checkIssuer(issuer: string): Promise<Finding | undefined> {
	const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
	const answer = await read(address, "The issuer’s metadata");
	if ("kind" in answer) return answer;
	const { data } = metadataSchema.safeParse(answer.body);
	if (!data) return wrong(`What ${address} answers is no metadata of an issuer. Is the address that of the issuer?`);
	if (!isSameUrl(data.issuer, issuer)) {
		return wrong(`The metadata at ${address} is that of the issuer ${data.issuer}, not of ${issuer}.`);
	}
	const endpoints = endpointsSchema.safeParse(answer.body);
	if (endpoints.data) return checkKeys(endpoints.data.jwks_uri);
	const missing = endpoints.error?.issues.map(({ path }) => path.join("."));
	return wrong(`The metadata at ${address} lacks what a sign-in needs: ${missing?.join(", ")}.`);
}

async function checkKeys(address: string): Promise<Finding | undefined> {
	const answer = await read(address, "The provider’s keys");
	if ("kind" in answer) return answer;
	return keysSchema.safeParse(answer.body).success ? undefined : wrong(`${address} has no keys (JWKS, RFC 7517).`);
}

/** Without redirects, as the server reads it. */
async function read(address: string, what: string): Promise<Finding | { readonly body: unknown }> {
	const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
	try {
		const response = await fetch(address, { signal, redirect: "manual", headers: { Accept: "application/json" } });
		if (response.status >= 500 || response.status === 429) {
			return { kind: "unreachable", sentence: `${what} could not be checked: ${address} answers ${response.status}.` };
		}
		if (!response.ok) return wrong(`${what} should be at ${address}, which answers ${response.status}.`);
		return { body: await response.json() };
	} catch (error) {
		if (error instanceof SyntaxError) return wrong(`${what} should be at ${address}, which does not answer with JSON.`);
		const why = error instanceof Error && error.name === "TimeoutError" ? "takes too long" : "cannot be reached";
		return {
			kind: "unreachable",
			sentence: `${what} could not be checked: ${new URL(address).host} ${why} from here.`,
		};
	}
}

function wrong(sentence: string): Finding {
	return { kind: "wrong", sentence };
}

function isSameUrl(one: string, other: string): boolean {
	return URL.canParse(one) && URL.canParse(other) && new URL(one).href === new URL(other).href;
}
