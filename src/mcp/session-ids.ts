/** The session ids of one user and client, at one endpoint. */
import type { Principal } from "../auth/principal.ts";
import { readConfig } from "../config.ts";
import { secretsFor } from "../signing-key.ts";
import { issueSessionId, readSessionId, type Session, type SessionOwner, type SessionTransport } from "./session-id.ts";
import type { PlacedSession } from "./user-object.ts";

export class SessionIds {
	readonly #transport: SessionTransport;
	readonly #env: Env;
	readonly #owner: SessionOwner;
	readonly #isLocal: boolean;

	constructor(transport: SessionTransport, env: Env, { user, clientId, isLocal }: Principal) {
		this.#transport = transport;
		this.#env = env;
		this.#owner = { userId: user.id, clientId };
		this.#isLocal = isLocal;
	}

	async issue(session: Session): Promise<string> {
		return issueSessionId(session, this.#transport, this.#owner, await this.#secrets());
	}

	/** @returns undefined for an id that is not theirs, or not any more */
	async read(id: string): Promise<PlacedSession | undefined> {
		const { sessionMaxAgeSeconds } = readConfig(this.#env);
		const session = await readSessionId(id, this.#transport, this.#owner, await this.#secrets(), sessionMaxAgeSeconds);
		return session && { ...session, expiresAt: session.issuedAt + sessionMaxAgeSeconds };
	}

	#secrets() {
		return secretsFor("session-id", this.#env, this.#isLocal);
	}
}
