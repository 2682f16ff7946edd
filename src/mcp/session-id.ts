/**
 * A session is stored in its id: `<claims>.<mac>`, signed for one user, client and endpoint. So no other storage is
 * needed to open it, and a made-up, stolen or expired id is refused before any object is called.
 */
import type { ClientCapabilities } from "@modelcontextprotocol/server";
import { z } from "zod";
import { hmacKey, type Secrets } from "../auth/signing-key.ts";
import type { Endpoint } from "../http/endpoints.ts";
import { showsViews, WITH_VIEWS } from "./apps.ts";

export type SessionOwner = { readonly userId: string; readonly clientId: string };

export const asksSchema = z.array(z.enum(["form", "url", "sampling", "roots"]));

const claimsSchema = z.object({
	id: z.string().min(1),
	/** Seconds since the epoch. */
	issuedAt: z.int(),
	/** The negotiated protocol version. At `/sse`, the stream has it, because the id is issued before `initialize`. */
	version: z.string().optional(),
	/** Which requests to the user the client supports. */
	asks: asksSchema.default([]),
	/** Whether the client shows views (MCP Apps). */
	showsViews: z.literal(true).optional(),
	/** The id of a visitor, who is known only by the session. */
	visitor: z.string().min(1).optional(),
});

export type Session = z.infer<typeof claimsSchema>;
/** What a session keeps of its client's capabilities. */
export type ClientClaims = Pick<Session, "asks" | "showsViews">;

/** A session, and the time when its id expires, in seconds since the epoch. */
export type PlacedSession = Session & { readonly expiresAt: number };

const encoder = new TextEncoder();

/** @param claims may set the id of the session; by default, it is a new one */
export function newSession(claims: Omit<Partial<Session>, "issuedAt"> = {}): Session {
	return { id: crypto.randomUUID(), issuedAt: Math.floor(Date.now() / 1000), asks: [], ...claims };
}

/** JSON separates the parts unambiguously, whatever characters a user or client id holds. */
function signedParts(claims: string, endpoint: Endpoint, owner: SessionOwner): string {
	return JSON.stringify([claims, endpoint, owner.userId, owner.clientId]);
}

/** A cache of verified ids, because each is used many times. */
const read = new Map<string, Session>();
const MAX_READ = 1000;

function remember(proof: string, session: Session): void {
	if (read.size >= MAX_READ) read.clear();
	read.set(proof, session);
}

async function verify(claims: string, mac: string, signed: string, secrets: Secrets): Promise<Session | undefined> {
	for (const secret of secrets) {
		const bytes = Uint8Array.fromHex(mac);
		if (!(await crypto.subtle.verify("HMAC", await hmacKey(secret), bytes, encoder.encode(signed)))) continue;
		const json = new TextDecoder().decode(Uint8Array.fromBase64(claims, { alphabet: "base64url" }));
		const { data } = claimsSchema.safeParse(JSON.parse(json));
		return data;
	}
	return undefined;
}

/** The id of a session, for this user and client. */
export async function issueSessionId(
	session: Session,
	endpoint: Endpoint,
	owner: SessionOwner,
	[secret]: Secrets,
): Promise<string> {
	const claims = encoder.encode(JSON.stringify(session)).toBase64({ alphabet: "base64url", omitPadding: true });
	const mac = await crypto.subtle.sign(
		"HMAC",
		await hmacKey(secret),
		encoder.encode(signedParts(claims, endpoint, owner)),
	);
	return `${claims}.${new Uint8Array(mac).toHex()}`;
}

/**
 * Reads and verifies a session id.
 *
 * @param maxAgeSeconds the maximum age of a session
 * @returns undefined if the id was not issued to this user and client, for this endpoint, or has expired
 */
export async function readSessionId(
	sessionId: string,
	endpoint: Endpoint,
	owner: SessionOwner,
	secrets: Secrets,
	maxAgeSeconds: number,
): Promise<Session | undefined> {
	const [, claims, mac] = /^([\w-]{1,1024})\.([0-9a-f]{64})$/.exec(sessionId) ?? [];
	if (claims === undefined || mac === undefined) return undefined;
	const signed = signedParts(claims, endpoint, owner);
	const proof = `${secrets} ${mac} ${signed}`;
	const session = read.get(proof) ?? (await verify(claims, mac, signed, secrets));
	if (session) remember(proof, session);
	return session && Date.now() / 1000 < session.issuedAt + maxAgeSeconds ? session : undefined;
}

/** The relevant part of a client's capabilities, in a short form for the id. */
export function clientClaimsOf(capabilities: ClientCapabilities): ClientClaims {
	const { elicitation, sampling, roots } = capabilities;
	const asks = [
		// A client that names no mode supports forms (MCP 2025-11-25, elicitation, capabilities).
		...(elicitation && (elicitation.form || !elicitation.url) ? ["form" as const] : []),
		...(elicitation?.url ? ["url" as const] : []),
		...(sampling ? ["sampling" as const] : []),
		...(roots ? ["roots" as const] : []),
	];
	return { asks, ...(showsViews(capabilities) && { showsViews: true }) };
}

/** Turns the short form into capabilities as the SDK and tools use them. */
export function capabilitiesOf(client: ClientClaims): ClientCapabilities {
	const { asks } = client;
	const form = asks.includes("form");
	const url = asks.includes("url");
	return {
		...((form || url) && { elicitation: { ...(form && { form: {} }), ...(url && { url: {} }) } }),
		...(asks.includes("sampling") && { sampling: {} }),
		...(asks.includes("roots") && { roots: {} }),
		...(client.showsViews && WITH_VIEWS),
	};
}
