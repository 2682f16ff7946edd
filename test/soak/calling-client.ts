/** A client that calls tools without a pause, in both eras, and checks that each answer is the one to its question. */
import { expect } from "vitest";
import { EventReader } from "../support/sse.ts";
import { stateless } from "../support/stateless.ts";
import { type Incoming, nextMessage, readMessages } from "../support/wire.ts";
import { openSession } from "./abandoned-sessions.ts";
import type { User } from "./users.ts";

const SESSION_VERSION = { "MCP-Protocol-Version": "2025-11-25" };

export class CallingClient {
	/** How many calls were answered. */
	answered = 0;
	readonly #user: User;
	readonly #name: string;
	#session = "";

	constructor(user: User, name: string) {
		this.#user = user;
		this.#name = name;
	}

	/** Calls until it is told to stop. */
	async run(isOver: () => boolean): Promise<void> {
		this.#session = await openSession(this.#user);
		for (let turn = 0; !isOver(); turn++) {
			await this.#add(turn);
			await this.#whoami(turn);
			await this.#takeNote(turn);
			if (turn % 5 === 0) await this.#drawAndLoseConnection(turn);
		}
	}

	async #add(turn: number): Promise<void> {
		expect((await this.#call("add", { a: turn, b: 0.5 })).structuredContent).toMatchObject({ sum: turn + 0.5 });
	}

	async #whoami(turn: number): Promise<void> {
		const { structuredContent } = await this.#call("whoami", {}, turn % 2 === 0);
		expect(structuredContent).toMatchObject({ login: this.#user.email });
	}

	async #takeNote(turn: number): Promise<void> {
		const note = `${this.#name}: ${turn}`;
		const { id } = Object((await this.#call("remember", { note })).structuredContent);
		const { notes } = Object((await this.#call("recall", { query: note })).structuredContent);
		expect(notes).toContainEqual(expect.objectContaining({ id, text: note }));
		await this.#call("forget", { id }, turn % 2 === 0);
	}

	/** The connection breaks before the answer, which the client gets with Last-Event-ID. */
	async #drawAndLoseConnection(turn: number): Promise<void> {
		const headers = { ...SESSION_VERSION, "Mcp-Session-Id": this.#session };
		const connection = new AbortController();
		const message = callOf("generateImage", { prompt: `${this.#name} ${turn}` });
		const response = await this.#user.post("/mcp", message, headers, connection.signal);
		const { id = "" } = (await new EventReader(response).next()) ?? {};
		connection.abort();
		const rest = new EventReader(await this.#user.get("/mcp", { ...headers, "Last-Event-ID": id }));
		const { result } = await nextMessage(rest);
		expect(Object(result).content).toContainEqual(expect.objectContaining({ type: "image" }));
		await rest.close();
		this.answered++;
	}

	async #call(name: string, args: Record<string, unknown>, isStateless = false): Promise<Record<string, unknown>> {
		const { message, headers } = isStateless
			? stateless("tools/call", { name, arguments: args })
			: { message: callOf(name, args), headers: { ...SESSION_VERSION, "Mcp-Session-Id": this.#session } };
		const response = await this.#user.post("/mcp", message, headers);
		const { result, error } = (await readMessages(response)).at(-1) ?? ({} as Incoming);
		if (!result || result.isError === true) {
			throw new Error(`${name} was answered with ${response.status}: ${JSON.stringify(result ?? error)}`);
		}
		this.answered++;
		return result;
	}
}

const callOf = (name: string, args: Record<string, unknown>) => ({
	jsonrpc: "2.0",
	id: 1,
	method: "tools/call",
	params: { name, arguments: args },
});
