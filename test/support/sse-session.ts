/** A client of the HTTP+SSE transport: one stream, and messages posted beside it. */
import { EventReader } from "./sse.ts";
import type { Incoming } from "./wire.ts";
import { callTool, INITIALIZE, LOCAL, mcp, type ToolAnswer } from "./worker.ts";

export class SseSession {
	readonly token: string;
	/** Where messages go: a path of this server. */
	readonly endpoint: string;
	readonly #events: EventReader;

	private constructor(token: string, endpoint: string, events: EventReader) {
		this.token = token;
		this.endpoint = endpoint;
		this.#events = events;
	}

	/** The id that is a part of the endpoint. */
	get session(): string {
		return new URL(this.endpoint, LOCAL).searchParams.get("sessionId") ?? "";
	}

	readonly isSse = true;

	/** Opens a stream and initializes. */
	static async open(token: string, path = "/sse", initialize: object = INITIALIZE): Promise<SseSession> {
		const events = new EventReader(await mcp(null, { method: "GET", path, token }));
		const opening = await events.next();
		if (opening?.event !== "endpoint") throw new Error(`Unexpected first event: ${opening?.event}`);
		const session = new SseSession(token, opening.data, events);
		await session.post(initialize);
		await session.receive();
		return session;
	}

	/** Posts a message, as this user or as the owner of another token. */
	post(message: unknown, token = this.token): Promise<Response> {
		return mcp(message, { path: this.endpoint, token });
	}

	async receive(): Promise<Incoming> {
		const event = await this.#events.next();
		if (!event) throw new Error("The stream ended");
		return JSON.parse(event.data);
	}

	async callTool(name: string, args: Record<string, unknown>, token?: string): Promise<ToolAnswer> {
		const response = await this.post(callTool(name, args), token);
		if (response.status !== 202) throw new Error(`Status ${response.status}`);
		return (await this.receive()).result as unknown as ToolAnswer;
	}

	close(): Promise<void> {
		return this.#events.close();
	}
}
