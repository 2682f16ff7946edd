/**
 * Whether the document that describes a client is at the client's own address. The library follows redirects when it
 * reads a document. So a page of a trusted domain that redirects anywhere could lend the domain's name to any app.
 */
import { readSettings } from "../auth/settings.ts";

/**
 * draft-ietf-oauth-client-id-metadata-document-02, section 5: redirects are not followed.
 *
 * @returns false also if the address does not answer: the library finds that out as well
 */
export async function isDocumentElsewhere(clientId: string, env: Env): Promise<boolean> {
	if (!/^https:\/\//i.test(clientId)) return false;
	const signal = AbortSignal.timeout(readSettings(env).upstreamTimeoutSeconds * 1000);
	const init = { redirect: "manual", signal } as const;
	const response = await fetch(clientId, { ...init, headers: { Accept: "application/json" } }).catch(() => undefined);
	await response?.body?.cancel();
	return response !== undefined && response.status >= 300 && response.status < 400;
}
