/** A pipe that breaks, as in a deployment of the Worker: its child is kept, and taken up again. */
import { expect, it } from "vitest";
import { CLOSE } from "../../src/bridge/contract.ts";
import { childCommand, isRunning, waitFor } from "../stdio/processes.ts";
import { openingOf, refusalOf, startProgram, TestPipe } from "./pipes.ts";

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
