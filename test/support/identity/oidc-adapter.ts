/** Where an oidc-provider keeps what it issues; and it knows every client, with the secret that goes with its id. */
import { secretOf } from "./behaviour.ts";

type Payload = Record<string, unknown>;

export function createAdapter(redirectUri: string) {
	const records = new Map<string, Payload>();
	const matching = (name: string, value: string) =>
		[...records].filter(([, payload]) => payload[name] === value).map(([key]) => key);

	return class Adapter {
		readonly #model: string;

		constructor(model: string) {
			this.#model = model;
		}

		async upsert(id: string, payload: Payload): Promise<void> {
			records.set(`${this.#model}:${id}`, payload);
		}

		async find(id: string): Promise<Payload | undefined> {
			if (this.#model !== "Client") return records.get(`${this.#model}:${id}`);
			return {
				client_id: id,
				client_secret: secretOf(id),
				redirect_uris: [redirectUri],
				grant_types: ["authorization_code", "refresh_token"],
				response_types: ["code"],
				token_endpoint_auth_method: "client_secret_post",
			};
		}

		async findByUid(uid: string): Promise<Payload | undefined> {
			const [key] = matching("uid", uid).filter((candidate) => candidate.startsWith(`${this.#model}:`));
			return key === undefined ? undefined : records.get(key);
		}

		async findByUserCode(): Promise<undefined> {}

		async consume(id: string): Promise<void> {
			const payload = records.get(`${this.#model}:${id}`);
			if (payload) payload.consumed = Math.floor(Date.now() / 1000);
		}

		async destroy(id: string): Promise<void> {
			records.delete(`${this.#model}:${id}`);
		}

		async revokeByGrantId(grantId: string): Promise<void> {
			for (const key of matching("grantId", grantId)) records.delete(key);
		}
	};
}
