/** The Worker's end of a pipe whose program says nothing, or breaks the contract. */
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { Opening } from "../../src/bridge/contract.ts";
import { type Connect, Pipe } from "../../src/stdio/pipe.ts";

const OPENING: Opening = { child: "one", isNew: true, user: { id: "ada", login: "ada", permissions: "stdio" } };
const LONGEST_MILLISECONDS = 60_000;

class SilentSocket extends EventTarget {
	isClosed = false;
	accept(): void {}
	send(): void {}
	close(): void {
		this.isClosed = true;
	}
}

beforeEach(() => {
	vi.useFakeTimers();
	onTestFinished(() => void vi.useRealTimers());
});

it.each<[string, Connect]>([
	["accepts it", async () => ({ webSocket: new SilentSocket() }) as unknown as Response],
	["does not answer", () => new Promise(() => {})],
])("is given up in the end, if the program %s", async (_, connect) => {
	const opened = Pipe.open(connect, OPENING);
	await vi.advanceTimersByTimeAsync(LONGEST_MILLISECONDS);
	expect(await opened).toMatchObject({ status: 502, isForPeople: false });
});

it("is closed, if the program speaks after that", async () => {
	const socket = new SilentSocket();
	const opened = Pipe.open(async () => ({ webSocket: socket }) as unknown as Response, OPENING);
	await vi.advanceTimersByTimeAsync(LONGEST_MILLISECONDS);
	await opened;
	socket.dispatchEvent(new MessageEvent("message", { data: '={"taken":0,"got":0,"sent":0}' }));
	expect(socket.isClosed).toBe(true);
});

it.each([
	["no JSON behind the equals sign", "=}"],
	["no count", '={"sent":0}'],
	["a count below zero", '={"taken":-1}'],
	["a count that is no number", '={"taken":0,"sent":"9"}'],
	["a count beyond all numbers", '={"taken":0,"sent":1e400}'],
	["a message that is no JSON", "{"],
])("ends, if the program sends %s, and its user learns it", async (_, frame) => {
	const log = vi.spyOn(console, "error").mockImplementation(() => {});
	const socket = new SilentSocket();
	const say = (data: string) => socket.dispatchEvent(new MessageEvent("message", { data }));
	const opened = Pipe.open(async () => ({ webSocket: socket }) as unknown as Response, OPENING);
	await vi.advanceTimersByTimeAsync(0);
	say('={"taken":0,"got":0,"sent":0}');
	const pipe = await opened;
	if (!(pipe instanceof Pipe)) throw new Error("It was not opened");
	const reasons: string[] = [];
	const messages: unknown[] = [];
	pipe.onmessage = (text) => void messages.push(JSON.parse(text));
	pipe.onend = (reason) => void reasons.push(reason);
	say('{"jsonrpc":"2.0","method":"a"}');
	expect([messages.length, reasons, socket.isClosed]).toEqual([1, [], false]);
	say(frame);
	say('{"jsonrpc":"2.0","method":"b"}');
	expect([messages.length, reasons, socket.isClosed]).toEqual([1, ["The connection to the MCP server broke."], true]);
	expect(log).toHaveBeenCalledWith(expect.stringContaining("stdio_pipe_broken"));
	log.mockRestore();
});
