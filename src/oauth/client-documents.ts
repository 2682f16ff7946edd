/** Clients that a document at their own address describes, instead of a registration. */
import { upstreamFetch } from "../identity/upstream-fetch.ts";

/** Whether a client's id is the address of its document. */
export function hasDocument(clientId: string): boolean {
	return /^https:\/\//i.test(clientId);
}

/**
 * Whether the document is at another address than the client's id. The library follows redirects when it reads a
 * document. So a page of a trusted domain that redirects anywhere could lend the domain's name to any app. See
 * draft-ietf-oauth-client-id-metadata-document-02, section 5: redirects are not followed.
 *
 * @returns false also if the address does not answer: the library finds that out as well
 */
export async function isDocumentElsewhere(clientId: string): Promise<boolean> {
	if (!hasDocument(clientId)) return false;
	const init = { redirect: "manual", headers: { Accept: "application/json" } } as const;
	const response = await upstreamFetch(clientId, init).catch(() => undefined);
	await response?.body?.cancel();
	return response !== undefined && response.status >= 300 && response.status < 400;
}
