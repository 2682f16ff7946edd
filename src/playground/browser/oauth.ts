/** What the SDK keeps of the sign-in: the tokens for this tab, the client for this browser once it has worked. */
import type {
	OAuthClientProvider,
	OAuthDiscoveryState,
	StoredOAuthClientInformation,
	StoredOAuthTokens,
} from "@modelcontextprotocol/client";

/** Of the browser's stores, what is used here. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export type OAuthSettings = {
	readonly redirectUrl: string;
	readonly clientName: string;
	/** For one tab. */
	readonly session: Store;
	/** For the browser. */
	readonly lasting: Store;
	/** What a token is asked for, if not the resource that the endpoint says it is. */
	readonly resource?: URL;
	/** Leaves the page for the sign-in. */
	readonly redirect: (url: URL) => void;
};

const KEY = "playground:";

export class BrowserOAuth implements OAuthClientProvider {
	readonly #settings: OAuthSettings;
	/** A request that finds its token ended must not take the user away from the page. */
	#mayRedirect = false;
	/** The SDK takes the resource of the endpoint's metadata only where this is left out. */
	readonly validateResourceURL?: () => Promise<URL>;

	constructor(settings: OAuthSettings) {
		this.#settings = settings;
		const { resource } = settings;
		if (resource) this.validateResourceURL = async () => resource;
	}

	get redirectUrl() {
		return this.#settings.redirectUrl;
	}

	get clientMetadata() {
		return {
			client_name: this.#settings.clientName,
			redirect_uris: [this.#settings.redirectUrl],
			grant_types: ["authorization_code", "refresh_token"],
			response_types: ["code"],
			token_endpoint_auth_method: "none",
		};
	}

	get hasTokens(): boolean {
		return this.tokens() !== undefined;
	}

	/** If the server refuses a refresh, the SDK forgets the tokens. After other failures of a refresh it keeps them. */
	get canRefresh(): boolean {
		return this.tokens()?.refresh_token !== undefined;
	}

	/** Lets the next authorization request leave the page. */
	allowRedirect(): void {
		this.#mayRedirect = true;
	}

	/** Whether an address is that of this tab's sign-in, which has come back. */
	isReturn(parameters: URLSearchParams): boolean {
		return parameters.has("state") && parameters.get("state") === this.#settings.session.getItem(`${KEY}state`);
	}

	forgetTokens(): void {
		for (const what of ["tokens", "verifier", "state", "discovery"]) this.#settings.session.removeItem(KEY + what);
	}

	state(): string {
		const state = crypto.randomUUID();
		this.#settings.session.setItem(`${KEY}state`, state);
		return state;
	}

	clientInformation(): StoredOAuthClientInformation | undefined {
		const { session, lasting } = this.#settings;
		return read(session, "client") ?? read(lasting, "client");
	}

	saveClientInformation(client: StoredOAuthClientInformation): void {
		write(this.#settings.session, "client", client);
	}

	tokens(): StoredOAuthTokens | undefined {
		return read(this.#settings.session, "tokens");
	}

	saveTokens(tokens: StoredOAuthTokens): void {
		const { session, lasting } = this.#settings;
		write(session, "tokens", tokens);
		const client = session.getItem(`${KEY}client`);
		if (client !== null) lasting.setItem(`${KEY}client`, client);
	}

	/** If the server does not know the client any more, the sign-in does not come back: the next one registers anew. */
	redirectToAuthorization(url: URL): void {
		if (!this.#mayRedirect) return;
		const { session, lasting, redirect } = this.#settings;
		const client = lasting.getItem(`${KEY}client`);
		if (client !== null) session.setItem(`${KEY}client`, client);
		lasting.removeItem(`${KEY}client`);
		redirect(url);
	}

	/** Begins without the client of a sign-in that did not come back. */
	forgetUnfinishedClient(): void {
		this.#settings.session.removeItem(`${KEY}client`);
	}

	saveCodeVerifier(verifier: string): void {
		this.#settings.session.setItem(`${KEY}verifier`, verifier);
	}

	codeVerifier(): string {
		return this.#settings.session.getItem(`${KEY}verifier`) ?? "";
	}

	saveDiscoveryState(state: OAuthDiscoveryState): void {
		write(this.#settings.session, "discovery", state);
	}

	discoveryState(): OAuthDiscoveryState | undefined {
		return read(this.#settings.session, "discovery");
	}

	invalidateCredentials(what: "all" | "client" | "tokens" | "verifier" | "discovery"): void {
		const { session, lasting } = this.#settings;
		const parts = what === "all" ? ["client", "tokens", "verifier", "discovery"] : [what];
		for (const part of parts) session.removeItem(KEY + part);
		if (parts.includes("client")) lasting.removeItem(`${KEY}client`);
	}
}

function read<T>(store: Store, name: string): T | undefined {
	const text = store.getItem(KEY + name);
	return text === null ? undefined : JSON.parse(text);
}

function write(store: Store, name: string, value: unknown): void {
	store.setItem(KEY + name, JSON.stringify(value));
}
