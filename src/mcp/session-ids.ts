/** The session ids of one user and client, at one endpoint. */
import type { Principal } from "../auth/principal.ts";
import { readSettings } from "../auth/settings.ts";
import { secretsFor } from "../auth/signing-key.ts";
import {
	type Endpoint,
	issueSessionId,
	type PlacedSession,
	readSessionId,
	type Session,
	type SessionOwner,
} from "./session-id.ts";

export class SessionIds {
	readonly #endpoint: Endpoint;
	readonly #env: Env;
	readonly #owner: SessionOwner;
	readonly #isLocal: boolean;

	constructor(endpoint: Endpoint, env: Env, { user, clientId, isLocal }: Principal) {
		this.#endpoint = endpoint;
		this.#env = env;
		this.#owner = { userId: user.id, clientId };
		this.#isLocal = isLocal;
	}

	async issue(session: Session): Promise<string> {
		return issueSessionId(session, this.#endpoint, this.#owner, await this.#secrets());
	}

	/** @returns undefined for an id that is not theirs, or not any more */
	async read(id: string): Promise<PlacedSession | undefined> {
		const { sessionMaxAgeSeconds } = readSettings(this.#env);
		const session = await readSessionId(id, this.#endpoint, this.#owner, await this.#secrets(), sessionMaxAgeSeconds);
		return session && { ...session, expiresAt: session.issuedAt + sessionMaxAgeSeconds };
	}

	#secrets() {
		return secretsFor("session-id", this.#env, this.#isLocal);
	}
}
