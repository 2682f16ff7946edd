/** The Worker with settings of a test's own, the client and the person who use it, and the grant that results. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker, { server } from "#under-test";
import { propsSchema } from "../../../src/auth/grant.ts";
import { providers } from "../../../src/identity/index.ts";
import { authorizationServer } from "../../../src/oauth/authorization-server.ts";
import { unsealed } from "../../../src/oauth/sealed-token.ts";
import { OAuthClient, REDIRECT_URI, type SignInOptions, type Tokens } from "../oauth-client.ts";
import { reachingObjects } from "../objects.ts";
import { type Fetch, Person } from "../person.ts";
import { fetchWorker } from "../worker.ts";
import { type Behaviour, CONTROL_HOST, type Recorded } from "./behaviour.ts";
import type { ProviderCase } from "./cases.ts";

export const ORIGIN = "https://mcp.example.com";

const PROVIDER_SETTINGS = new Set(providers.flatMap(({ required, optional }) => [...required, ...optional]));
const BARE_ENV = Object.fromEntries(Object.entries(env).filter(([name]) => !PROVIDER_SETTINGS.has(name)));

export class Server {
	/** One object for good: settings are read once for each. */
	readonly #env: Env;

	constructor(settings: Readonly<Record<string, string>>) {
		this.#env = reachingObjects({ ...BARE_ENV, ...settings } as Env);
	}

	/** Requests to the server under test go to it, all others to the internet of the tests. */
	readonly fetch: Fetch = async (url, init) => {
		return new URL(url).origin === ORIGIN ? this.serve(url, init) : fetch(url, init);
	};

	/** A request to the server under test, under whatever name. */
	async serve(url: string, init?: RequestInit): Promise<Response> {
		return worker.fetch(new Request(url, init), this.#env, createExecutionContext());
	}

	person(): Person {
		return new Person(this.fetch);
	}

	client(): OAuthClient {
		return new OAuthClient(this.fetch, ORIGIN);
	}

	/** Consent and sign-in, to the page on which they end. */
	async refusal(options: SignInOptions = {}): Promise<Response> {
		const client = this.client();
		const { url } = await client.authorizationUrl(await client.register(), options);
		const { url: end, response } = await (options.person ?? this.person()).walk(url, options);
		if (!response) throw new Error(`The sign-in ended at ${end}`);
		return response;
	}

	/** The whole way, to tokens. */
	signIn(options: SignInOptions = {}): Promise<Tokens & { client_id: string }> {
		return this.client().signIn({ email: "", ...options });
	}

	/** Consent and sign-in only: where the browser is sent in the end, and which pages it saw. */
	async authorize(options: SignInOptions = {}): Promise<URL> {
		const client = this.client();
		const { url } = await client.authorizationUrl(await client.register(), options);
		return (options.person ?? this.person()).authorize(url, options);
	}

	refresh({ refresh_token = "", client_id }: { refresh_token?: string; client_id: string }): Promise<Response> {
		return this.client().token({ grant_type: "refresh_token", refresh_token, client_id });
	}

	/** What the grant of an access token holds; undefined if the token is not valid any more. */
	async propsOf(accessToken: string) {
		const wrapper = authorizationServer(server, ORIGIN, this.#env).getOAuthApi(this.#env);
		const found = await wrapper.unwrapToken(unsealed(accessToken));
		return found ? propsSchema.parse(found.grant.props) : undefined;
	}
}

/** The Worker as it is bound, with every provider enabled; each request to it is one of its own, as on Cloudflare. */
export class BoundServer extends Server {
	constructor() {
		super({});
	}

	override serve(url: string, init?: RequestInit): Promise<Response> {
		return fetchWorker(url, init);
	}
}

/** A server with one identity provider, and that provider as this server sees it. */
export class Scene extends Server {
	readonly provider: ProviderCase;
	readonly clientId: string;
	readonly login: string;

	private constructor(provider: ProviderCase, clientId: string, settings: Readonly<Record<string, string>>) {
		super({ ...provider.settings(clientId), ...settings });
		this.provider = provider;
		this.clientId = clientId;
		this.login = newLogin();
	}

	static async open(
		provider: ProviderCase,
		behaviour: Behaviour = {},
		settings: Readonly<Record<string, string>> = {},
	): Promise<Scene> {
		const scene = new Scene(provider, crypto.randomUUID(), settings);
		await scene.behave(behaviour);
		return scene;
	}

	/** The same server after its settings have changed. */
	changed(settings: Readonly<Record<string, string>>): Server {
		return new Server({ ...this.provider.settings(this.clientId), ...settings });
	}

	behave(behaviour: Behaviour): Promise<void> {
		return tellProvider(this.clientId, behaviour);
	}

	/** What this server asked the provider for. */
	requests(): Promise<Recorded[]> {
		return askedOf(this.clientId);
	}

	/** The requests that refreshed a token. */
	async refreshes(): Promise<Recorded[]> {
		return (await this.requests()).filter(({ grantType }) => grantType === "refresh_token");
	}

	override signIn(options: SignInOptions = {}): Promise<Tokens & { client_id: string }> {
		return super.signIn({ login: this.login, ...options });
	}

	override refusal(options: SignInOptions = {}): Promise<Response> {
		return super.refusal({ login: this.login, ...options });
	}

	override authorize(options: SignInOptions = {}): Promise<URL> {
		return super.authorize({ login: this.login, ...options });
	}
}

/** A login that nobody had before; its digits are the user's number at GitHub. */
export function newLogin(): string {
	return `person${crypto.getRandomValues(new Uint32Array(1)).join()}`;
}

export async function tellProvider(clientId: string, behaviour: Behaviour): Promise<void> {
	await fetch(`https://${CONTROL_HOST}/${clientId}`, { method: "PUT", body: JSON.stringify(behaviour) });
}

export async function askedOf(clientId: string): Promise<Recorded[]> {
	return (await fetch(`https://${CONTROL_HOST}/${clientId}`)).json();
}

/** Whether a URL is the MCP client's own. */
export function isClientUrl(url: URL): boolean {
	return url.origin + url.pathname === REDIRECT_URI;
}
