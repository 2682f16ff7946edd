/** What the providers know of their clients: how to treat them, what they asked for, whose tokens are whose. */
import type { Behaviour, Recorded } from "./behaviour.ts";

export class Clients {
	readonly #behaviours = new Map<string, Behaviour>();
	readonly #requests = new Map<string, Recorded[]>();
	readonly #owners = new Map<string, string>();

	behaviourOf(clientId: string): Behaviour {
		return this.#behaviours.get(clientId) ?? {};
	}

	behave(clientId: string, behaviour: Behaviour): void {
		this.#behaviours.set(clientId, behaviour);
	}

	requestsOf(clientId: string): readonly Recorded[] {
		return this.#requests.get(clientId) ?? [];
	}

	record(clientId: string, request: Recorded): void {
		this.#requests.set(clientId, [...this.requestsOf(clientId), request]);
	}

	/** The client an access token was issued to. */
	ownerOf(accessToken: string): string | undefined {
		return this.#owners.get(accessToken);
	}

	own(accessToken: string, clientId: string): void {
		this.#owners.set(accessToken, clientId);
	}
}
