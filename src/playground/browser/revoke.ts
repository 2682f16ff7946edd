/** Ends the access of this tab at the server too (RFC 7009), which then does not list it any more. */
import type { BrowserOAuth } from "./oauth.ts";

/** A server that is away must not keep the user. */
const MILLISECONDS = 3000;

export async function revoke(oauth: BrowserOAuth): Promise<void> {
	const { access_token, refresh_token: token = access_token } = oauth.tokens() ?? {};
	const metadata: { revocation_endpoint?: string } = Object(oauth.discoveryState()?.authorizationServerMetadata);
	const endpoint = metadata.revocation_endpoint;
	const client_id = oauth.clientInformation()?.client_id;
	if (!token || !endpoint || !client_id) return;
	const body = new URLSearchParams({ token, client_id });
	const revoked = fetch(endpoint, { method: "POST", body, signal: AbortSignal.timeout(MILLISECONDS) });
	// What is not revoked ends by itself, and the user can end it at /account.
	await revoked.catch(() => {});
}
