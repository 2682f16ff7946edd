/**
 * An authorization server (RFC 6749, 6750, 7636) with pages and tokens of its own, for the providers that nobody
 * offers as a server to run: each adds its paths, its dialect and its API, as its documentation shows them.
 */
import { createHash } from "node:crypto";
import type { RequestListener } from "node:http";
import { secretOf } from "./behaviour.ts";
import { readBody, sendJson } from "./http.ts";
import type { PeerOptions } from "./peer.ts";

/** What one person's access token stands for. */
export type Issued = {
	readonly clientId: string;
	readonly login: string;
	readonly scope: string;
	readonly accessToken: string;
	readonly refreshToken: string;
	/** Undefined: never. */
	readonly expiresIn: number | undefined;
};

export type Dialect = {
	readonly authorizationPath: string;
	readonly tokenPath: string;
	/** How the client's secret must come. */
	readonly authentication: "basic" | "post";
	/** RFC 9207: what it calls itself on a host. */
	readonly issuer?: (host: string) => string;
	/** An access token, if it is more than a name for itself. */
	accessToken?(issued: Omit<Issued, "accessToken">): Promise<string>;
	answer(issued: Issued): Record<string, unknown>;
	/** Of a token request that is refused; RFC 6749 section 5.2 if left out. */
	refusal?(error: string): { status: number; body: Record<string, unknown> };
	/** The API, by path: what it answers to the owner of a token. */
	readonly api?: Readonly<Record<string, (issued: Issued) => { status: number; body: unknown }>>;
	/** What the API answers to nobody. */
	readonly unauthorized?: unknown;
	/** What needs no token. */
	readonly documents?: (path: string) => unknown;
};

type Request = { clientId: string; redirectUri: string; challenge: string; scope: string; login: string };

export class StandIn {
	readonly #dialect: Dialect;
	readonly #options: PeerOptions;
	readonly #codes = new Map<string, Request>();
	readonly #refreshable = new Map<string, Issued>();
	readonly #issued = new Map<string, Issued>();

	constructor(dialect: Dialect, options: PeerOptions) {
		this.#dialect = dialect;
		this.#options = options;
	}

	/** Whose token it is. */
	ownerOf(authorization: string | undefined): Issued | undefined {
		return this.#issued.get(authorization?.replace(/^Bearer /i, "") ?? "");
	}

	readonly listener: RequestListener = async (message, response) => {
		const { authorizationPath, tokenPath, api = {}, documents } = this.#dialect;
		const url = new URL(message.url ?? "/", `https://${message.headers.host}`);
		const body = new URLSearchParams(message.method === "POST" ? await readBody(message) : "");
		if (url.pathname === authorizationPath && message.method === "GET") {
			if (url.searchParams.has("declined")) return void response.writeHead(303, { Location: this.#decline(url) }).end();
			return void response.writeHead(200, { "Content-Type": "text/html" }).end(signInPage(url));
		}
		if (url.pathname === authorizationPath) {
			const back = this.#approve(url, body.get("login") ?? "");
			return void response.writeHead(303, { Location: back }).end();
		}
		if (url.pathname === tokenPath && message.method === "POST") {
			const { status, body: answer } = await this.#token(body, message.headers.authorization);
			return sendJson(response, status, answer);
		}
		const serve = api[url.pathname];
		if (serve) {
			const owner = this.ownerOf(message.headers.authorization);
			if (!owner) return sendJson(response, 401, this.#dialect.unauthorized ?? { message: "Unauthorized" });
			const { status, body: answer } = serve(owner);
			return sendJson(response, status, answer);
		}
		const document = documents?.(url.pathname);
		sendJson(response, document ? 200 : 404, document ?? { message: "Not Found" });
	};

	#decline(url: URL): string {
		return this.#back(url, {
			error: "access_denied",
			error_description: "The user has denied your application access.",
		});
	}

	#approve(url: URL, login: string): string {
		const get = (name: string) => url.searchParams.get(name) ?? "";
		const code = crypto.randomUUID();
		this.#codes.set(code, {
			clientId: get("client_id"),
			redirectUri: get("redirect_uri"),
			challenge: get("code_challenge_method") === "S256" ? get("code_challenge") : "",
			scope: get("scope"),
			login,
		});
		return this.#back(url, { code });
	}

	#back({ searchParams: asked, host }: URL, parameters: Record<string, string>): string {
		if (asked.get("redirect_uri") !== this.#options.redirectUri) throw new Error("The redirect URI is not registered");
		const back = new URL(this.#options.redirectUri);
		const all = {
			...parameters,
			state: asked.get("state") ?? "",
			...(this.#dialect.issuer && { iss: this.#dialect.issuer(host) }),
		};
		for (const [name, value] of Object.entries(all)) back.searchParams.set(name, value);
		return back.href;
	}

	async #token(form: URLSearchParams, authorization: string | undefined) {
		const refuse = (error: string) =>
			this.#dialect.refusal?.(error) ?? { status: error === "invalid_client" ? 401 : 400, body: { error } };
		const client = clientOf(form, authorization);
		if (client?.authentication !== this.#dialect.authentication || client.secret !== secretOf(client.id)) {
			return refuse("invalid_client");
		}
		const get = (name: string) => form.get(name) ?? "";
		switch (get("grant_type")) {
			case "authorization_code": {
				const asked = this.#codes.get(get("code"));
				this.#codes.delete(get("code"));
				const challenge = createHash("sha256").update(get("code_verifier")).digest("base64url");
				const isSame = asked?.clientId === client.id && asked.redirectUri === get("redirect_uri");
				if (!asked || !isSame || challenge !== asked.challenge) return refuse("invalid_grant");
				return { status: 200, body: this.#dialect.answer(await this.#issue(client.id, asked.login, asked.scope)) };
			}
			case "refresh_token": {
				const known = this.#refreshable.get(get("refresh_token"));
				if (known?.clientId !== client.id) return refuse("invalid_grant");
				const habit = this.#options.clients.behaviourOf(client.id).refreshToken ?? "rotated";
				if (habit === "rotated") this.#refreshable.delete(known.refreshToken);
				const kept = habit === "rotated" ? undefined : known.refreshToken;
				const answer = this.#dialect.answer(await this.#issue(client.id, known.login, known.scope, kept));
				return { status: 200, body: answer };
			}
			default:
				return refuse("unsupported_grant_type");
		}
	}

	async #issue(clientId: string, login: string, scope: string, refreshToken: string = crypto.randomUUID()) {
		const { expiresIn = 3600 } = this.#options.clients.behaviourOf(clientId);
		const base = { clientId, login, scope, refreshToken, expiresIn: expiresIn ?? undefined };
		const accessToken = (await this.#dialect.accessToken?.(base)) ?? crypto.randomUUID();
		const issued = { ...base, accessToken };
		this.#issued.set(accessToken, issued);
		this.#refreshable.set(refreshToken, issued);
		return issued;
	}
}

function clientOf(form: URLSearchParams, authorization: string | undefined) {
	const [, credentials] = /^Basic (.+)$/.exec(authorization ?? "") ?? [];
	if (credentials) {
		const [id = "", secret = ""] = atob(credentials).split(":").map(decodeURIComponent);
		return { id, secret, authentication: "basic" };
	}
	const id = form.get("client_id");
	return id ? { id, secret: form.get("client_secret"), authentication: "post" } : undefined;
}

function signInPage(url: URL): string {
	const action = `${url.pathname}${url.search}`.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
	return `<!DOCTYPE html><title>Sign in</title><body>
<form method="post" action="${action}">
<input name="login"><input name="password" type="password"><button>Authorize</button>
</form>
<a href="${action}&amp;declined=1">[ Cancel ]</a></body>`;
}
