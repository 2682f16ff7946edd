/** The container's program as a process, and the Worker's end of its pipes as a plain client. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type Control, decodeControl, encodeControl, OPENING_HEADER, type Opening } from "../../src/bridge/contract.ts";
import { type LogEvent, waitFor } from "../stdio/processes.ts";
import { spawnBridge } from "../stdio/program.ts";

export const SECRET = "a secret of the tests";

type Variables = Readonly<Record<string, string>>;

export type Program = Awaited<ReturnType<typeof startProgram>>;

/** For one test, which takes it along. */
export async function startProgram(command: readonly string[], env: Variables = {}) {
	const { bridge, url, output } = await spawnBridge({ command, env, secret: SECRET });
	const closed = once(bridge, "close");
	onTestFinished(async () => {
		bridge.kill("SIGKILL");
		await closed;
	});
	const events = (name: string): LogEvent[] =>
		output()
			.split("\n")
			.filter((line) => line.startsWith(`{"event":"${name}"`))
			.map((line) => JSON.parse(line));
	return {
		process: bridge,
		url,
		output,
		closed,
		events,
		event: (name: string) => waitFor(`${name} in the log`, () => events(name).at(0)),
	};
}

/** In MiB; the most that it was. */
export async function memoryOf({ pid }: ChildProcess): Promise<number> {
	if (process.platform !== "linux") return 0;
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** A server in one line of JavaScript. */
export const inline = (script: string) => [process.execPath, "-e", script];

const ADA = { id: "ada", login: "ada@example.com", permissions: "stdio" };

export function openingOf(opening: Partial<Opening> = {}): Opening {
	return { child: crypto.randomUUID(), isNew: true, user: ADA, ...opening };
}

type ConnectOptions = {
	readonly secret?: string;
	readonly header?: string;
	readonly path?: string;
	readonly host?: string;
};

export function connect(url: string, opening: Opening, options: ConnectOptions = {}): WebSocket {
	const { secret = SECRET, header = encodeURIComponent(JSON.stringify(opening)), path = "/pipe", host } = options;
	const headers = { Authorization: `Bearer ${secret}`, [OPENING_HEADER]: header, ...(host && { Host: host }) };
	return new WebSocket(url.replace("http:", "ws:") + path, { headers, maxPayload: 32 * 1024 * 1024 });
}

/** What a pipe that is not opened is answered. */
export async function refusalOf({ url }: Program, opening: Partial<Opening> = {}, options?: ConnectOptions) {
	const socket = connect(url, openingOf(opening), options);
	socket.on("error", () => {});
	const [, response] = await once(socket, "unexpected-response");
	let body = "";
	for await (const chunk of response) body += chunk;
	return { status: response.statusCode, retryAfter: response.headers["retry-after"], ...JSON.parse(body || "{}") };
}

export class TestPipe {
	readonly opening: Opening;
	readonly socket: WebSocket;
	/** What the child said. */
	readonly messages: string[] = [];
	readonly controls: Control[] = [];
	/** Whether each message is taken at once. */
	isTaking = true;
	taken = 0;
	closed: { code: number; reason: string } | undefined;

	static async open({ url }: Pick<Program, "url">, opening: Partial<Opening> = {}, isTaking = true): Promise<TestPipe> {
		const whole = openingOf(opening);
		const pipe = new TestPipe(connect(url, whole), whole);
		pipe.isTaking = isTaking;
		await once(pipe.socket, "open");
		return pipe;
	}

	private constructor(socket: WebSocket, opening: Opening) {
		this.socket = socket;
		this.opening = opening;
		socket.on("message", (data) => this.#read(String(data)));
		socket.on("close", (code, reason) => {
			this.closed = { code, reason: String(reason) };
		});
		socket.on("error", () => {});
	}

	#read(frame: string): void {
		const control = decodeControl(frame);
		if (control) {
			this.controls.push(control);
			return;
		}
		this.messages.push(frame);
		if (this.isTaking) this.take();
	}

	/** @param count how many messages are taken in all */
	take(count = this.taken + 1): void {
		this.taken = count;
		this.socket.send(encodeControl({ taken: count }));
	}

	send(message: object | string): void {
		this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
	}

	/** Calls a tool of the small server. @returns its answer, as it was written */
	async call(id: number, name: string, args: object = {}): Promise<string> {
		this.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } });
		const isAnswer = (text: string) => text.length > 1e6 || JSON.parse(text).id === id;
		return waitFor(`the answer of ${name}`, () => this.messages.find(isAnswer));
	}

	async environment(): Promise<{ pid: number; env: Record<string, string> }> {
		const { result } = JSON.parse(await this.call(1_000, "environment"));
		return JSON.parse(result.content[0].text);
	}

	close(code: number): void {
		this.socket.close(code, "The session has ended.");
	}
}
