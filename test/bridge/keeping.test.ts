/** A pipe that breaks, as in a deployment of the Worker: its child is kept, and taken up again. */
import { once } from "node:events";
import { expect, it } from "vitest";
import type { WebSocket } from "ws";
import { CLOSE, OPENING_HEADER, type Opening } from "../../src/bridge/contract.ts";
import { Pipe } from "../../src/stdio/pipe.ts";
import { waitFor as waitForAsync } from "../e2e/server.ts";
import { childCommand } from "../stdio/door.ts";
import { isRunning, waitFor } from "../stdio/processes.ts";
import { connect, inline, openingOf, refusalOf, startProgram, TestPipe } from "./pipes.ts";

const KEPT_MILLISECONDS = 10_000;
const FAKE = childCommand("fake");
const answerOf = (id: number) => ({ lines: [`{"jsonrpc":"2.0","id":${id},"result":{}}`] });
const idsOf = ({ messages }: TestPipe) => messages.map((text) => JSON.parse(text).id);

it("goes on with the same child, and what was not taken comes again, in its order", async () => {
	const program = await startProgram(FAKE);
	const broken = await TestPipe.open(program);
	const { pid } = await broken.environment();
	broken.isTaking = false;
	for (const id of [1, 2, 3]) await broken.call(id, "write", answerOf(id));
	expect(broken.controls[0]).toEqual({ taken: 0, got: 0, sent: 0 });
	await waitFor("all to be taken", () => broken.controls.at(-1)?.taken === 4);
	broken.take(2);
	broken.socket.terminate();

	const next = await TestPipe.open(program, { ...broken.opening, isNew: false }, false);
	await waitFor("the rest", () => next.messages.length === 2);
	// Two of the four were taken: its environment, and the first answer.
	expect(next.controls[0]).toEqual({ taken: 4, got: 4, sent: 2 });
	expect(idsOf(next)).toEqual([2, 3]);
	next.take(4);
	expect((await next.environment()).pid).toBe(pid);
	expect(program.events("child_start")).toHaveLength(1);
});

it("says what it has got, so that nothing reaches the child twice", async () => {
	const program = await startProgram([process.execPath, "-e", "setInterval(() => {}, 1000)"]);
	const broken = await TestPipe.open(program);
	for (let count = 0; count < 20; count++) broken.send(`{"jsonrpc":"2.0","method":"${"x".repeat(100_000)}"}`);
	broken.socket.ping();
	await new Promise((resolve) => broken.socket.once("pong", resolve));
	broken.socket.terminate();
	const next = await TestPipe.open(program, { ...broken.opening, isNew: false });
	await waitFor("the first frame", () => next.controls[0]);
	expect(next.controls[0]).toMatchObject({ got: 20 });
	expect(next.controls[0]?.taken).toBeLessThan(20);
});

it("keeps what the child says meanwhile, its end included", async () => {
	const program = await startProgram(FAKE);
	const broken = await TestPipe.open(program);
	const { pid } = await broken.environment();
	broken.send({ jsonrpc: "2.0", id: 5, method: "tools/call", params: { name: "exit", arguments: { code: 3 } } });
	broken.socket.terminate();
	await waitFor("the child to end", () => !isRunning(pid));
	await program.event("child_end");

	const next = await TestPipe.open(program, { ...broken.opening, isNew: false });
	await waitFor("the close", () => next.closed);
	expect(next.closed).toEqual({ code: CLOSE.childEnded, reason: "The MCP server ended (exit code 3)." });
	expect(await refusalOf(program, { ...broken.opening, isNew: false })).toMatchObject({ status: 404 });
});

it("keeps what a child that has ended said, if the pipe breaks before it is told", async () => {
	const program = await startProgram(FAKE);
	const broken = await TestPipe.open(program, {}, false);
	broken.socket.pause();
	broken.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "write", arguments: answerOf(1) } });
	broken.send({ jsonrpc: "2.0", id: 5, method: "tools/call", params: { name: "exit", arguments: { code: 3 } } });
	await program.event("child_end");
	broken.socket.terminate();

	const next = await TestPipe.open(program, { ...broken.opening, isNew: false });
	await waitFor("the close", () => next.closed);
	expect(next.messages).toEqual(answerOf(1).lines);
	expect(next.closed).toEqual({ code: CLOSE.childEnded, reason: "The MCP server ended (exit code 3)." });
	expect(await refusalOf(program, { ...broken.opening, isNew: false })).toMatchObject({ status: 404 });
});

it("forgets a child that has ended, too, when nobody comes for it", async () => {
	const program = await startProgram(FAKE, { STDIO_KEEP_SECONDS: "1", STDIO_MAX_CHILDREN_PER_USER: "1" });
	const broken = await TestPipe.open(program);
	const { pid } = await broken.environment();
	broken.socket.terminate();
	process.kill(pid, "SIGKILL");
	await program.event("child_end");
	expect(await refusalOf(program)).toMatchObject({ status: 429 });
	const isOpen = () =>
		TestPipe.open(program).then(
			() => true,
			() => false,
		);
	await waitForAsync("its place", isOpen, KEPT_MILLISECONDS);
	expect(await refusalOf(program, { ...broken.opening, isNew: false })).toMatchObject({ status: 404 });
});

it("hears nothing more from a pipe that was replaced, so that nothing reaches the child twice", async () => {
	const program = await startProgram(FAKE);
	const first = await TestPipe.open(program);
	await first.environment();
	// It does not know yet that it was replaced.
	first.socket.pause();
	const second = await TestPipe.open(program, { ...first.opening, isNew: false });
	await waitFor("the first frame", () => second.controls[0]);
	first.send('{"jsonrpc":"2.0","method":"late"}');
	first.socket.resume();
	await waitFor("the first to be closed", () => first.closed);
	expect(await second.call(2, "heard")).not.toContain("late");
});

it("loses and doubles nothing between both ends, however often the connection breaks", {
	timeout: 60_000,
}, async () => {
	const COUNT = 3000;
	// Numbers its own messages, and says which it got. It reads slowly: of what the program has got, it has not taken all.
	const script = `let sent = 0; const say = (method, n) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", method, n, x: "x".repeat(500) }) + "\\n"); require("readline").createInterface(process.stdin).on("line", (line) => { if (sent % 100 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); say("got", JSON.parse(line).n); say("said", sent++); });`;
	const program = await startProgram(inline(script));
	let socket: WebSocket | undefined;
	const open = async (headers: Record<string, string>) => {
		const opening: Opening = JSON.parse(decodeURIComponent(headers[OPENING_HEADER] ?? ""));
		const client = connect(program.url, opening);
		// Not before: a socket that still connects cannot be paused.
		client.once("open", () => client.pause());
		await once(client, "open");
		socket = client;
		// As workerd has it: nothing arrives before it is accepted.
		return { webSocket: Object.assign(client, { accept: () => client.resume() }) } as unknown as Response;
	};
	const pipe = await Pipe.open(open, openingOf());
	if (!(pipe instanceof Pipe)) throw new Error(JSON.stringify(pipe));
	const numbers: Record<string, number[]> = { got: [], said: [] };
	let ended: string | undefined;
	pipe.onend = (reason) => (ended = reason);
	pipe.onmessage = (text) => {
		const { method, n } = JSON.parse(text);
		numbers[method]?.push(n);
	};
	let breaks = 0;
	for (let n = 0; n < COUNT; n++) {
		await waitFor("room", () => pipe.send(JSON.stringify({ jsonrpc: "2.0", method: "m", n, x: "x".repeat(2000) })));
		if (n % 300 !== 150) continue;
		const known = socket;
		known?.terminate();
		breaks++;
		// Some messages are said while there is no connection.
		if (n % 600 === 150) await waitFor("a new connection", () => socket !== known);
	}
	await waitFor("all", () => numbers.said?.length === COUNT || ended !== undefined);
	const all = Array.from({ length: COUNT }, (_, n) => n);
	expect(ended).toBeUndefined();
	expect(numbers).toEqual({ got: all, said: all });
	expect(breaks).toBe(10);
	pipe.end();
	await program.event("child_end");
});

it("takes the place of one that still looks open", async () => {
	const program = await startProgram(FAKE);
	const first = await TestPipe.open(program);
	await first.environment();
	const second = await TestPipe.open(program, { ...first.opening, isNew: false });
	await waitFor("the first to be closed", () => first.closed);
	expect(first.closed?.code).toBe(CLOSE.replaced);
	expect((await second.environment()).pid).toBeGreaterThan(0);
	expect(program.events("child_end")).toEqual([]);
});

it("ends the child when nobody comes for it", async () => {
	const program = await startProgram(FAKE, { STDIO_KEEP_SECONDS: "1" });
	const pipe = await TestPipe.open(program);
	const { pid } = await pipe.environment();
	pipe.socket.terminate();
	await waitFor("the child to end", () => !isRunning(pid));
	expect(await refusalOf(program, { ...pipe.opening, isNew: false })).toMatchObject({ status: 404 });
});

it("ends the child when the program ends, and says so", async () => {
	const program = await startProgram(FAKE);
	const pipe = await TestPipe.open(program, openingOf());
	const { pid } = await pipe.environment();
	program.process.kill("SIGTERM");
	await waitFor("the close", () => pipe.closed);
	expect(pipe.closed).toEqual({ code: CLOSE.childEnded, reason: expect.stringMatching(/^The MCP server ended/) });
	await program.closed;
	expect(isRunning(pid)).toBe(false);
});
