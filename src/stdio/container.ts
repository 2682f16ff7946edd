/** One user's container: their sessions, and the program in the container that runs a stdio MCP server for each. */
import { Container } from "@cloudflare/containers";
import { hmacKey, secretsFor } from "../auth/signing-key.ts";
import { PIPE_PATH } from "../bridge/contract.ts";
import { acceptSocket, socketOf, socketsOf } from "../mcp/object/bare-sockets.ts";
import { StdioSessions } from "./sessions.ts";

/** Where the program listens, as the Dockerfile says. */
const PORT = 8080;
/** What the program hands on to the server, without the prefix: its keys, and whatever else it wants to know. */
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
	/** When the next tidying is, as far as this instance knows; milliseconds since the epoch. */
	#tidyAt = Number.POSITIVE_INFINITY;

	constructor(ctx: DurableObjectState<object>, env: Env) {
		super(ctx, env);
		// Before the container is started for anybody.
		ctx.blockConcurrencyWhile(async () => {
			const [secret] = await this.#secrets();
			this.envVars = { ...forServer(env), STDIO_COMMAND: env.STDIO_COMMAND, STDIO_PIPE_SECRET: secret };
		});
	}

	get sessions(): StdioSessions {
		return this.#sessions;
	}

	/** Opens an event stream; nobody but this object reaches the program. */
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

	/** Called by the schedule. */
	tidy(): void {
		this.#tidyAt = Number.POSITIVE_INFINITY;
		this.#sessions.tidy();
	}

	/** A container that was started before a key was replaced has the secret of the key before. */
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

	/** Each container has its own. */
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
