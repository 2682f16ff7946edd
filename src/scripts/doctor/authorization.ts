/** What the server publishes about signing in: the protected resource, and its authorization server. */
import { buildDiscoveryUrls, extractResourceMetadataUrl } from "@modelcontextprotocol/client";
import { isLoopbackUrl } from "../../http/loopback.ts";
import { opening, place } from "./access.ts";
import { parseJson } from "./messages.ts";
import type { Answer, Target } from "./target.ts";

export type Json = Readonly<Record<string, unknown>>;
export type Document = { readonly url: string; readonly answer: Answer; readonly body: Json | undefined };

export const asJson = (value: unknown): Json | undefined =>
	typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

export const strings = (value: unknown): string[] =>
	Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];

async function read(target: Target, url: string | URL): Promise<Document> {
	const answer = await target.ask("GET", url, { headers: { Accept: "application/json" } });
	const body = answer.status === 200 ? asJson(parseJson(answer.text)) : undefined;
	return { url: String(url), answer, body };
}

/** @returns the address of the metadata that the challenge names; undefined if it names none */
export async function challengedUrl(target: Target): Promise<string | undefined> {
	const { status, headers, text } = await target.learn(opening);
	return extractResourceMetadataUrl(new Response(text, { status, headers }))?.href;
}

export type ResourceDocuments = {
	/** At the address that the challenge names. */
	readonly challenged: Document | undefined;
	/** At the well-known address for this endpoint. */
	readonly own: Document;
	/** At the well-known address of the origin. */
	readonly root: Document;
};

export async function resourceDocuments(target: Target): Promise<ResourceDocuments> {
	const { origin, pathname } = target.url;
	const wellKnown = `${origin}/.well-known/oauth-protected-resource`;
	const url = await challengedUrl(target);
	const root = await read(target, wellKnown);
	return {
		root,
		own: pathname === "/" ? root : await read(target, wellKnown + pathname),
		challenged: url === undefined ? undefined : await read(target, url),
	};
}

/** @returns the metadata that a client uses: what the challenge names, or else the well-known addresses */
export async function resource(target: Target): Promise<Document | undefined> {
	const { challenged, own, root } = await target.learn(resourceDocuments);
	return [challenged, own, root].find((document) => document?.body !== undefined);
}

/** @returns the issuer that a client asks; undefined if none is named */
export async function issuer(target: Target): Promise<string | undefined> {
	const found = await target.learn(resource);
	const [first] = strings(found?.body?.authorization_servers);
	return first !== undefined && URL.canParse(first) ? first : undefined;
}

/** @returns the first metadata document of the authorization server, in the order in which clients ask */
export async function authorizationServer(target: Target): Promise<Document | undefined> {
	const named = await target.learn(issuer);
	// Clients of 2025-03-26 take the server's origin.
	const urls = buildDiscoveryUrls(named ?? target.url.origin);
	for (const { url } of urls) {
		const document = await read(target, url);
		if (document.body) return document;
	}
	return undefined;
}

/** Whether clients can find out by themselves how to sign in. */
export async function hasSignIn(target: Target): Promise<boolean> {
	const { access } = await target.learn(place);
	if (access !== "closed") return false;
	if ((await challengedUrl(target)) !== undefined) return true;
	return (await target.learn(resource)) !== undefined || (await target.learn(authorizationServer)) !== undefined;
}

export const NO_SIGN_IN = "Clients do not sign in to this server by themselves.";

/** Whether a value is an address over https, or over http on a loopback host. */
export const isSafeUrl = (value: unknown) =>
	typeof value === "string" &&
	URL.canParse(value) &&
	(new URL(value).protocol === "https:" || (new URL(value).protocol === "http:" && isLoopbackUrl(value)));
