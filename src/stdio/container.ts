/** The container and the sessions of a user. The bridge program in it runs a stdio MCP server for each session. */
import { Container } from "@cloudflare/containers";
import { hmacKey, secretsFor } from "../auth/signing-key.ts";
import { PIPE_PATH } from "../bridge/contract.ts";
import { acceptSocket, socketOf, socketsOf } from "../mcp/object/bare-sockets.ts";
import { StdioSessions } from "./sessions.ts";

/** The port of the bridge program, as in the Dockerfile. */
const PORT = 8080;
/** The bridge passes variables with this prefix, such as API keys, to the stdio server, without the prefix. */
const FOR_SERVER = "STDIO_ENV_";

export class StdioContainer extends Container<Env> {
	override defaultPort = PORT;
	override sleepAfter = this.env.STDIO_SLEEP_AFTER || "10m";
	override pingEndpoint = "program/health";
	readonly #sessions = new StdioSessions(
		this.env,
		{
			sql: this.ctx.storage.sql,
			sockets: (tag) => socketsOf(this.ctx, tag),
			tidyIn: (seconds) => this.#tidyIn(seconds),
		},
		(headers) => this.#connect(headers),
	);
	/** The time of the next `tidy` known to this instance, in milliseconds since the epoch. */
	#tidyAt = Number.POSITIVE_INFINITY;

	constructor(ctx: DurableObjectState<object>, env: Env) {
		super(ctx, env);
		// Set the variables before any request can start the container.
		ctx.blockConcurrencyWhile(async () => {
			const [secret] = await this.#secrets();
			this.envVars = { ...forServer(env), STDIO_COMMAND: env.STDIO_COMMAND, STDIO_PIPE_SECRET: secret };
		});
	}

	get sessions(): StdioSessions {
		return this.#sessions;
	}

	/** Opens an event stream, or answers a stateless message. Only this object can reach the bridge program. */
	override async fetch(request: Request): Promise<Response> {
		return this.#sessions.fetch(request, (stream) =>
			acceptSocket(this.ctx, stream, (socket) => this.#sessions.openStream(socket, stream)),
		);
	}

	override webSocketClose(socket: WebSocket): void {
		this.#sessions.streamClosed(socketOf(socket).state);
	}

	override onStop(): void {
		this.#sessions.stopped();
	}

	/** The schedule calls this. */
	tidy(): void {
		this.#tidyAt = Number.POSITIVE_INFINITY;
		this.#sessions.tidy();
	}

	/** If the container was started before the key was replaced, it has the secret of the previous key. */
	async #connect(headers: Record<string, string>): Promise<Response> {
		const [current, ...previous] = await this.#secrets();
		let response = await this.#open(headers, current);
		for (const secret of previous) if (response.status === 401) response = await this.#open(headers, secret);
		return response;
	}

	#open(headers: Record<string, string>, secret: string): Promise<Response> {
		const authorized = { ...headers, Authorization: `Bearer ${secret}` };
		return super.fetch(new Request(`http://program${PIPE_PATH}`, { headers: authorized }));
	}

	/** The secrets of the pipe, which are different for each container. */
	async #secrets(): Promise<[string, ...string[]]> {
		const own = new TextEncoder().encode(this.ctx.id.toString());
		const [current, ...previous] = await secretsFor("stdio-pipe", this.env, true);
		const derive = async (secret: string) =>
			new Uint8Array(await crypto.subtle.sign("HMAC", await hmacKey(secret), own)).toHex();
		return [await derive(current), ...(await Promise.all(previous.map(derive)))];
	}

	#tidyIn(seconds: number): void {
		const at = Date.now() + seconds * 1000;
		if (at >= this.#tidyAt) return;
		this.#tidyAt = at;
		this.ctx.waitUntil(this.schedule(seconds, "tidy"));
	}
}

function forServer(env: object): Record<string, string> {
	const settings = Object.entries(env).filter(
		([name, value]) => name.startsWith(FOR_SERVER) && typeof value === "string",
	);
	return Object.fromEntries(settings);
}
