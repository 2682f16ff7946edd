/** The session ids of one user and client, at one endpoint. */
import { VISITOR_PROVIDER } from "../auth/grant.ts";
import type { Principal } from "../auth/principal.ts";
import { readSettings } from "../auth/settings.ts";
import { secretsFor } from "../auth/signing-key.ts";
import type { Endpoint } from "../http/endpoints.ts";
import { issueSessionId, type PlacedSession, readSessionId, type Session, type SessionOwner } from "./session-id.ts";

/** In whose name the ids of all visitors are signed: which of them it is, is one of the claims. */
const VISITORS: SessionOwner = { userId: "", clientId: VISITOR_PROVIDER };

/**
 * Whose session an id is, of those who are known by nothing else.
 *
 * @returns undefined for an id that is none of this endpoint's, or that has expired
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
	/** The user's id, if all that says who they are is their session. */
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

	/** @returns undefined for an id that is not theirs, or not any more */
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
