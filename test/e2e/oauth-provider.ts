/** What an app gives the MCP SDKs for OAuth: this one keeps everything in memory. */
import type { OAuthClientProvider, OAuthDiscoveryState } from "@modelcontextprotocol/sdk/client/auth.js";
import type {
	OAuthClientInformationMixed,
	OAuthClientMetadata,
	OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js";
import type { Answers } from "../support/person.ts";
import { signIn } from "./sign-in.ts";

/** Nothing listens here: the tests read the code from the redirect. */
const REDIRECT_URL = "http://localhost:33418/callback";

export class MemoryOAuthProvider implements OAuthClientProvider {
	readonly redirectUrl = REDIRECT_URL;
	readonly clientMetadata: OAuthClientMetadata = {
		client_name: "End-to-end test",
		redirect_uris: [REDIRECT_URL],
		grant_types: ["authorization_code", "refresh_token"],
		response_types: ["code"],
		token_endpoint_auth_method: "none",
	};
	/** Where the app would have opened a browser, in order. */
	readonly authorizationUrls: URL[] = [];
	readonly #state = crypto.randomUUID();
	#client: OAuthClientInformationMixed | undefined;
	#tokens: OAuthTokens | undefined;
	#verifier = "";
	#discovered: OAuthDiscoveryState | undefined;

	state() {
		return this.#state;
	}

	clientInformation() {
		return this.#client;
	}

	saveClientInformation(client: OAuthClientInformationMixed) {
		this.#client = client;
	}

	tokens() {
		return this.#tokens;
	}

	saveTokens(tokens: OAuthTokens) {
		this.#tokens = tokens;
	}

	redirectToAuthorization(url: URL) {
		this.authorizationUrls.push(url);
	}

	saveCodeVerifier(verifier: string) {
		this.#verifier = verifier;
	}

	codeVerifier() {
		return this.#verifier;
	}

	discoveryState() {
		return this.#discovered;
	}

	saveDiscoveryState(state: OAuthDiscoveryState) {
		this.#discovered = state;
	}

	/** The SDKs call it when the server says that what they have is no good. */
	invalidateCredentials(what: "all" | "client" | "tokens" | "verifier" | "discovery") {
		if (what === "all" || what === "tokens") this.#tokens = undefined;
		if (what === "all" || what === "client") this.#client = undefined;
		if (what === "all" || what === "discovery") this.#discovered = undefined;
	}

	/** Signs in at the last authorization URL, and returns what the callback was given. */
	async signIn(answers: Answers = {}): Promise<{ code: string; iss: string | undefined }> {
		const url = this.authorizationUrls.at(-1);
		if (!url) throw new Error("The client asked nobody to sign in");
		const { searchParams } = await signIn(url, answers);
		if (searchParams.get("state") !== this.#state) throw new Error("The callback came with another state");
		const code = searchParams.get("code");
		if (!code) throw new Error(`No code came back: ${searchParams}`);
		return { code, iss: searchParams.get("iss") ?? undefined };
	}

	/** The tokens, once there are some. */
	requireTokens(): OAuthTokens & { refresh_token: string } {
		const { refresh_token, ...others } = this.#tokens ?? {};
		if (!refresh_token || !("access_token" in others)) throw new Error("There are no tokens yet");
		return { ...others, refresh_token };
	}
}
