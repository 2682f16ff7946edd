/** The session ids of one user and client, at one endpoint. */
import { VISITOR_PROVIDER } from "../auth/grant.ts";
import type { Principal } from "../auth/principal.ts";
import { readSettings } from "../auth/settings.ts";
import { secretsFor } from "../auth/signing-key.ts";
import type { Endpoint } from "../http/endpoints.ts";
import { issueSessionId, type PlacedSession, readSessionId, type Session, type SessionOwner } from "./session-id.ts";

/** The owner of all visitors' session ids. The visitor's own id is one of the claims. */
const VISITORS: SessionOwner = { userId: "", clientId: VISITOR_PROVIDER };

/**
 * Reads the visitor's id from a session id.
 *
 * @returns undefined if the session id was not issued at this endpoint, or has expired
 */
export async function readVisitor(
	id: string,
	endpoint: Endpoint,
	env: Env,
	isLocal: boolean,
): Promise<string | undefined> {
	const { sessionMaxAgeSeconds } = readSettings(env);
	const secrets = await secretsFor("session-id", env, isLocal);
	return (await readSessionId(id, endpoint, VISITORS, secrets, sessionMaxAgeSeconds))?.visitor;
}

export class SessionIds {
	readonly #endpoint: Endpoint;
	readonly #env: Env;
	readonly #owner: SessionOwner;
	readonly #isLocal: boolean;
	/** The user's id if the user is a visitor. */
	readonly #visitor: string | undefined;

	constructor(endpoint: Endpoint, env: Env, { user, clientId, isLocal }: Principal) {
		this.#endpoint = endpoint;
		this.#env = env;
		const isVisitor = user.provider === VISITOR_PROVIDER;
		this.#owner = isVisitor ? VISITORS : { userId: user.id, clientId };
		this.#visitor = isVisitor ? user.id : undefined;
		this.#isLocal = isLocal;
	}

	async issue(session: Session): Promise<string> {
		const claims = this.#visitor === undefined ? session : { ...session, visitor: this.#visitor };
		return issueSessionId(claims, this.#endpoint, this.#owner, await this.#secrets());
	}

	/** @returns undefined if the id belongs to another user, client or endpoint, or has expired */
	async read(id: string): Promise<PlacedSession | undefined> {
		const { sessionMaxAgeSeconds } = readSettings(this.#env);
		const session = await readSessionId(id, this.#endpoint, this.#owner, await this.#secrets(), sessionMaxAgeSeconds);
		if (!session || session.visitor !== this.#visitor) return undefined;
		return { ...session, expiresAt: session.issuedAt + sessionMaxAgeSeconds };
	}

	#secrets() {
		return secretsFor("session-id", this.#env, this.#isLocal);
	}
}
