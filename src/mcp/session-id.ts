/**
 * Session ids that only the user and client they were given to can use: `<id>.<hmac(id, transport, user, client)>`.
 * They are checked before any Durable Object is touched, so a made-up or stolen id neither reaches a session nor
 * creates one. The whole signed id is the object's name.
 */

/** Where a session is used; an id of one is none of another. */
export type SessionTransport = "streamable-http" | "sse" | "stdio";

export type SessionOwner = { readonly userId: string; readonly clientId: string };

const encoder = new TextEncoder();

function importKey(secret: string): Promise<CryptoKey> {
	const algorithm = { name: "HMAC", hash: "SHA-256" };
	return crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign", "verify"]);
}

/** JSON keeps the parts apart, whatever characters a user or client id holds. */
function signedParts(id: string, transport: SessionTransport, owner: SessionOwner): Uint8Array {
	return encoder.encode(JSON.stringify(["mcp-session", id, transport, owner.userId, owner.clientId]));
}

/**
 * A session id for this user and client.
 *
 * @param id a UUID; a new one, unless somebody else gave the session its id
 */
export async function issueSessionId(
	transport: SessionTransport,
	owner: SessionOwner,
	secret: string,
	id: string = crypto.randomUUID(),
): Promise<string> {
	const signature = await crypto.subtle.sign("HMAC", await importKey(secret), signedParts(id, transport, owner));
	return `${id}.${new Uint8Array(signature).toHex()}`;
}

/** Whether a session id was issued to this user and client, for this transport, under this secret. */
export async function isSessionOwner(
	sessionId: string,
	transport: SessionTransport,
	owner: SessionOwner,
	secret: string,
): Promise<boolean> {
	const [, id, signature] = /^([0-9a-f-]{36})\.([0-9a-f]{64})$/.exec(sessionId) ?? [];
	if (id === undefined || signature === undefined) return false;
	const key = await importKey(secret);
	return crypto.subtle.verify("HMAC", key, Uint8Array.fromHex(signature), signedParts(id, transport, owner));
}
