/** A signed-in user who sends requests to the server as a client would. */
import { fetchOverHttp } from "../e2e/sign-in.ts";
import { OAuthClient } from "../support/oauth-client.ts";

export class User {
	readonly email: string;
	readonly #origin: string;
	readonly #token: string;

	private constructor(email: string, origin: string, token: string) {
		this.email = email;
		this.#origin = origin;
		this.#token = token;
	}

	static async signIn(origin: string, email: string): Promise<User> {
		const client = new OAuthClient(fetchOverHttp, origin);
		// One token for /mcp and /sse.
		const { access_token } = await client.signIn({ email, resource: origin, permissions: ["image_generation"] });
		return new User(email, origin, access_token);
	}

	post(path: string, message: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
		const all = { ...headers, "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
		return this.#send(path, { method: "POST", body: JSON.stringify(message), headers: all }, signal);
	}

	get(path: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
		return this.#send(path, { headers: { ...headers, Accept: "text/event-stream" } }, signal);
	}

	#send(path: string, init: RequestInit & { headers: Record<string, string> }, signal?: AbortSignal) {
		const headers = { ...init.headers, Authorization: `Bearer ${this.#token}` };
		return fetch(new URL(path, this.#origin), { ...init, headers, ...(signal && { signal }) });
	}
}
