/** The Worker's end of a pipe whose program accepts it, or does not even answer, and says nothing. */
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
