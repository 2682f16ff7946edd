/** An OAuth client written down step by step, for tests that look at each answer. */
import { type Answers, type Fetch, Person } from "./person.ts";

export const REDIRECT_URI = "http://localhost:33418/callback";

export type Tokens = {
	access_token: string;
	refresh_token?: string;
	expires_in: number;
	scope: string;
	resource: string;
};

export type SignInOptions = Answers & {
	/** The `resource` parameter; null: none is sent. */
	resource?: string | null;
	scope?: string;
	clientName?: string;
	redirectUri?: string;
	/** A client that is registered already. */
	clientId?: string;
	person?: Person;
};

export class OAuthClient {
	readonly #fetch: Fetch;
	readonly #origin: string;

	constructor(fetch: Fetch, origin: string) {
		this.#fetch = fetch;
		this.#origin = origin;
	}

	async register(clientName = "Test client", redirectUris = [REDIRECT_URI]): Promise<string> {
		const response = await this.#fetch(`${this.#origin}/register`, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({
				client_name: clientName,
				redirect_uris: redirectUris,
				token_endpoint_auth_method: "none",
			}),
		});
		if (response.status !== 201) throw new Error(`/register answered ${response.status}: ${await response.text()}`);
		const { client_id } = (await response.json()) as { client_id: string };
		return client_id;
	}

	async authorizationUrl(clientId: string, options: SignInOptions = {}): Promise<{ url: string; verifier: string }> {
		const verifier = crypto.randomUUID() + crypto.randomUUID();
		const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
		const url = new URL(`${this.#origin}/authorize`);
		url.searchParams.set("response_type", "code");
		url.searchParams.set("client_id", clientId);
		url.searchParams.set("redirect_uri", options.redirectUri ?? REDIRECT_URI);
		url.searchParams.set("state", "client-state");
		url.searchParams.set("code_challenge", Buffer.from(digest).toString("base64url"));
		url.searchParams.set("code_challenge_method", "S256");
		const resource = options.resource === undefined ? `${this.#origin}/mcp` : options.resource;
		if (resource !== null) url.searchParams.set("resource", resource);
		if (options.scope !== undefined) url.searchParams.set("scope", options.scope);
		return { url: url.href, verifier };
	}

	/** The whole way: registration, consent, sign-in, token. */
	async signIn(options: SignInOptions = {}): Promise<Tokens & { client_id: string }> {
		const clientId = options.clientId ?? (await this.register(options.clientName));
		const { url, verifier } = await this.authorizationUrl(clientId, options);
		const end = await (options.person ?? new Person(this.#fetch)).authorize(url, options);
		const code = end.searchParams.get("code");
		if (!code) throw new Error(`No code came back: ${end}`);
		const redirectUri = options.redirectUri ?? REDIRECT_URI;
		const fields = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier };
		const response = await this.token({ ...fields, client_id: clientId });
		if (!response.ok) throw new Error(`/token answered ${response.status}: ${await response.text()}`);
		return { ...((await response.json()) as Tokens), client_id: clientId };
	}

	token(fields: Record<string, string>): Promise<Response> {
		return this.#fetch(`${this.#origin}/token`, { method: "POST", body: new URLSearchParams(fields) });
	}
}
