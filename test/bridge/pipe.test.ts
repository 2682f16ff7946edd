/** What passes through a pipe, and what is held back. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { CLOSE } from "../../src/bridge/contract.ts";
import { childCommand } from "../stdio/door.ts";
import { isRunning, waitFor } from "../stdio/processes.ts";
import { inline, memoryOf, startProgram, TestPipe } from "./pipes.ts";

const FAKE = childCommand("fake");
const MIB = 1024 * 1024;
/** While 400 MB pass, garbage waits to be collected: measured were up to 300. Kept in memory, they would make 490. */
const PASSING_MIB = 400;
/** After so long a silence the output of a child that is gone ends; not while the program itself does not read it. */
const SILENCE_MILLISECONDS = 500;
/** A child that says nothing for so long is held back. */
const STILL_MILLISECONDS = 500;

/** Opens a pipe to the small server, and has it write lines. @returns what came of them */
async function written(...lines: string[]): Promise<string[]> {
	const program = await startProgram(FAKE);
	const pipe = await TestPipe.open(program);
	await pipe.call(7, "write", { lines: [...lines, '{"jsonrpc":"2.0","id":$ID,"result":{}}'] });
	return pipe.messages.slice(0, -1);
}

describe("a message", () => {
	it("passes as it was written, in both directions", async () => {
		const odd = '{ "id":12345678901234567890 , "jsonrpc":"2.0","result":{"z":1e400,"a":"\u2028\u0085\\u00e4"}  }';
		expect(await written(odd, `${odd}\r`)).toEqual([odd, odd]);
		const program = await startProgram(FAKE);
		const pipe = await TestPipe.open(program);
		const sent = '{ "jsonrpc":"2.0","method":"own/thing", "params":{"n":12345678901234567890,"u":"\u2028"} }';
		pipe.send(sent);
		const { result } = JSON.parse(await pipe.call(1, "heard"));
		expect(JSON.parse(result.content[0].text)[0]).toBe(sent);
	});

	it("of several megabytes passes in both directions", async () => {
		const program = await startProgram(FAKE);
		const pipe = await TestPipe.open(program);
		expect(await pipe.call(1, "big", { bytes: 4 * MIB })).toContain("x".repeat(4 * MIB));
		pipe.send(`{"jsonrpc":"2.0","method":"big","params":{"x":"${"x".repeat(4 * MIB)}"}}`);
		await waitFor("it to be taken", () => pipe.controls.at(-1)?.taken === 2);
	});

	it("that is none goes to the log, shortened; what the child says on stderr, too", async () => {
		const program = await startProgram(FAKE);
		const pipe = await TestPipe.open(program);
		expect(await pipe.call(1, "garbage")).toContain("still here");
		expect(pipe.messages).toHaveLength(1);
		const lines = program.events("child_garbage").map(({ line }) => String(line));
		expect(lines).toHaveLength(6);
		expect(lines.every((line) => line.length < 400)).toBe(true);
		await pipe.call(2, "announce");
		expect(await program.event("child_stderr")).toMatchObject({ child: pipe.opening.child, line: "announced" });
	});

	it("may be one of several on a line", async () => {
		const one = '{"jsonrpc":"2.0","method":"a"}';
		expect(await written(`[${one},${one}]`)).toEqual([one, one]);
	});
});

describe("a message that is too large", () => {
	const sentence = /The answer of the MCP server is too large: 70(\.\d)? MiB, at most 8 MiB is passed on/;
	const huge = (before: string, after: string) =>
		inline(
			`process.stdin.on("data", () => { process.stdout.write(${JSON.stringify(before)} + "x".repeat(70 * 1024 * 1024) + ${JSON.stringify(after)} + "\\n"); process.stdout.write('{"jsonrpc":"2.0","method":"next"}\\n'); });`,
		);

	it.each([
		["first", '{"jsonrpc":"2.0","id":"a\\"}b","result":{"content":[{"text":"{\\"id\\":9,', '"}]}}'],
		["last", '{"result":{"content":[{"text":"\\\\', '"}],"id":8},"jsonrpc":"2.0","id":"a\\"}b"}'],
		["behind a long string", '{"error":"', '","jsonrpc":"2.0","id":"a\\"}b"}'],
	])("fails the call that it answers, with its id %s", async (_, before, after) => {
		const program = await startProgram(huge(before, after));
		const pipe = await TestPipe.open(program);
		pipe.send({});
		await waitFor("what comes next", () => pipe.messages.length === 2);
		const failure = JSON.parse(pipe.messages[0] ?? "");
		expect(failure).toMatchObject({ jsonrpc: "2.0", id: 'a"}b', error: { message: expect.stringMatching(sentence) } });
		expect(await memoryOf(program.process)).toBeLessThan(200);
	});

	it("is answered if the child asks with it, and dropped if it only tells", async () => {
		const large = "x".repeat(100);
		const tell = `{"jsonrpc":"2.0","method":"tell","params":{"x":"${large}"}}`;
		const ask = `{"jsonrpc":"2.0","method":"ask","id":5,"params":{"x":"${large}"}}`;
		const program = await startProgram(FAKE, { STDIO_MAX_MESSAGE_BYTES: "100" });
		const pipe = await TestPipe.open(program);
		await pipe.call(7, "write", { lines: [tell, ask, '{"jsonrpc":"2.0","id":$ID,"result":{}}'] });
		expect(pipe.messages).toHaveLength(1);
		expect(program.events("message_refused").map(({ method }) => method)).toEqual(["tell", "ask"]);
	});

	it("is measured in bytes", async () => {
		const program = await startProgram(FAKE, { STDIO_MAX_MESSAGE_BYTES: "100" });
		const pipe = await TestPipe.open(program);
		const lines = ['{"jsonrpc":"2.0","id":1,"result":"ääääääääääääääääääääääääääääääääääääääääääää"}'];
		expect(lines[0]?.length).toBeLessThan(100);
		pipe.send({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "write", arguments: { lines } } });
		await waitFor("the failure", () => pipe.messages.some((text) => text.includes("too large")));
	});
});

describe("a child that floods", () => {
	const line = `{"jsonrpc":"2.0","method":"flood","params":{"x":"${"x".repeat(100_000)}"}}`;
	/** Writes as long as it is read; in the end 400 MB. */
	const flood = inline(
		`const line = ${JSON.stringify(`${line}\n`)}; let left = 4000; const write = () => { while (left > 0 && process.stdout.write(line)) left--; }; process.stdout.on("drain", () => { left--; if (left % 5 === 0) console.error("drained", left); write(); }); write();`,
	);

	it("waits until somebody takes what it says, and loses none of it", async () => {
		const program = await startProgram(flood);
		const pipe = await TestPipe.open(program, {}, false);
		// As much as the window holds comes, and not more, while the child waits.
		await waitFor("the window to fill", () => pipe.messages.length >= 160);
		const written = () => String(program.events("child_stderr").at(-1)?.line);
		let before = "";
		while (before !== written()) {
			before = written();
			await delay(STILL_MILLISECONDS);
		}
		const held = pipe.messages.length;
		expect(held * line.length).toBeLessThan(17 * MIB);
		expect(4000 - Number(before.split(" ")[1])).toBeLessThan(held + 20);
		expect(await memoryOf(program.process)).toBeLessThan(200);
		pipe.isTaking = true;
		pipe.take(held);
		await waitFor("the rest", () => pipe.messages.length === 4000);
		expect(pipe.messages.every((text) => text === line)).toBe(true);
		expect(await memoryOf(program.process)).toBeLessThan(PASSING_MIB);
	});
});

it("what a child does not read is not taken", async () => {
	const program = await startProgram(inline("setInterval(() => {}, 1000)"));
	const pipe = await TestPipe.open(program);
	for (let count = 0; count < 20; count++) pipe.send(`{"jsonrpc":"2.0","method":"${"x".repeat(100_000)}"}`);
	pipe.socket.ping();
	await new Promise((resolve) => pipe.socket.once("pong", resolve));
	expect(pipe.controls.at(-1)?.taken ?? 0).toBeLessThan(3);
});

it("what is sent to a child that has closed its stdin is not taken", async () => {
	const program = await startProgram(
		inline(`require("fs").closeSync(0); console.error("deaf"); setInterval(() => {}, 1000);`),
	);
	const pipe = await TestPipe.open(program);
	await program.event("child_stderr");
	for (let count = 0; count < 3; count++) pipe.send('{"jsonrpc":"2.0","method":"a"}');
	const next = await TestPipe.open(program, { ...pipe.opening, isNew: false });
	await waitFor("the first frame", () => next.controls[0]);
	expect(next.controls[0]).toMatchObject({ taken: 0, got: 3 });
});

describe("the end of a child", () => {
	it("is told behind all that it said, with the reason", async () => {
		const program = await startProgram(
			inline(
				`process.stdin.once("data", () => { process.stdout.write('{"jsonrpc":"2.0","method":"last"}\\n'); process.exit(7); })`,
			),
		);
		const pipe = await TestPipe.open(program);
		pipe.send({});
		await waitFor("the close", () => pipe.closed);
		expect(pipe.messages).toEqual(['{"jsonrpc":"2.0","method":"last"}']);
		expect(pipe.closed).toEqual({ code: CLOSE.childEnded, reason: "The MCP server ended (exit code 7)." });
	});

	/** A child that says so many lines of so many characters, and ends at once. */
	async function brief(count: number, length: number): Promise<string[]> {
		const folder = await mkdtemp(join(tmpdir(), "bridge-"));
		onTestFinished(() => rm(folder, { recursive: true, force: true }));
		const line = `{"jsonrpc":"2.0","method":"${"x".repeat(length)}"}\n`;
		await writeFile(join(folder, "lines"), line.repeat(count));
		return ["sh", "-c", `read line; cat ${folder}/lines`];
	}

	it("comes behind its output however quickly it ends, and however busy the program is", async () => {
		const program = await startProgram(await brief(60, 950), { STDIO_MAX_CHILDREN_PER_USER: "40" });
		for (let round = 0; round < 4; round++) {
			const pipes = await Promise.all(Array.from({ length: 20 }, () => TestPipe.open(program)));
			for (const pipe of pipes) pipe.send({});
			await waitFor("all to close", () => pipes.every(({ closed }) => closed));
			expect(pipes.map(({ messages }) => messages.length)).toEqual(pipes.map(() => 60));
		}
	});

	it("comes behind what it said and nobody had taken", async () => {
		// The window holds 1,517 of them; the child is gone, and some are still in the system's buffer.
		const program = await startProgram(await brief(1530, 10_000));
		const pipe = await TestPipe.open(program, {}, false);
		pipe.send({});
		const { pid } = await program.event("child_start");
		await waitFor("the child to end", () => !isRunning(pid));
		await delay(2 * SILENCE_MILLISECONDS + STILL_MILLISECONDS);
		expect(pipe.closed).toBeUndefined();
		pipe.isTaking = true;
		pipe.take(pipe.messages.length);
		await waitFor("the close", () => pipe.closed);
		expect(pipe.messages).toHaveLength(1530);
	});

	it.skipIf(process.platform === "win32")("is not held up by a process that keeps its output open", async () => {
		const daemon = `require("child_process").spawn("sleep", ["60"], { detached: true, stdio: ["ignore", "inherit", "inherit"] })`;
		const program = await startProgram(
			inline(
				`const { pid } = ${daemon}; console.error("daemon", pid); process.stdin.once("data", () => process.exit(4));`,
			),
		);
		const pipe = await TestPipe.open(program);
		const daemonPid = Number(String((await program.event("child_stderr")).line).split(" ")[1]);
		onTestFinished(() => void process.kill(daemonPid, "SIGKILL"));
		pipe.send({});
		await waitFor("the close", () => pipe.closed);
		expect(pipe.closed).toEqual({ code: CLOSE.childEnded, reason: "The MCP server ended (exit code 4)." });
	});

	it("in mid-call takes what it started along", async () => {
		const start = `const { pid } = require("child_process").spawn("sleep", ["60"], { stdio: "inherit" }); console.error("grandchild", pid);`;
		const program = await startProgram(inline(`${start} process.stdin.once("data", () => process.exit(4));`));
		const pipe = await TestPipe.open(program);
		const grandchild = Number(String((await program.event("child_stderr")).line).split(" ")[1]);
		pipe.send({});
		await waitFor("the close", () => pipe.closed);
		expect(isRunning(grandchild)).toBe(false);
	});

	it("is all there is of one that cannot be started, cut to what a close holds", async () => {
		const program = await startProgram([`/no/such/${"ü".repeat(100)}`]);
		const pipe = await TestPipe.open(program);
		await waitFor("the close", () => pipe.closed);
		expect(pipe.controls).toEqual([]);
		expect(pipe.closed).toEqual({
			code: CLOSE.childEnded,
			reason: expect.stringMatching(/^The MCP server could not be started \(spawn \/no\/such\/ü+$/),
		});
	});

	it("comes with its pipe's, also if it does not want to, and takes what it started along", async () => {
		const program = await startProgram(childCommand("stubborn"));
		const pipe = await TestPipe.open(program);
		const line = await waitFor("the grandchild", () =>
			program.events("child_stderr").find(({ line }) => String(line).startsWith("grandchild")),
		);
		const pids = [Number(program.events("child_start")[0]?.pid), Number(String(line.line).split(" ")[1])];
		expect(pids.every(isRunning)).toBe(true);
		pipe.close(CLOSE.end);
		await waitFor("both to end", () => !pids.some(isRunning));
	});

	it("of 50, opened and closed, leaves no process", { timeout: 60_000 }, async () => {
		const program = await startProgram(inline("process.stdin.resume()"));
		for (let round = 0; round < 5; round++) {
			const pipes = await Promise.all(Array.from({ length: 10 }, () => TestPipe.open(program)));
			await waitFor("all to start", () => pipes.every(({ controls }) => controls.length > 0));
			for (const pipe of pipes) pipe.close(CLOSE.end);
			await waitFor("all to end", () => program.events("child_end").length === (round + 1) * 10);
		}
		const pids = program.events("child_start").map(({ pid }) => pid);
		expect(pids).toHaveLength(50);
		await waitFor("all processes to end", () => !pids.some(isRunning));
	});
});
