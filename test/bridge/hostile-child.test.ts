/** Children that attack: the program that runs them, its log, and the children of others. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { CLOSE } from "../../src/bridge/contract.ts";
import { type LogEvent, waitFor } from "../stdio/processes.ts";
import { inline, memoryOf, type Program, startProgram, TestPipe } from "./pipes.ts";

const MIB = 1024 * 1024;
/** What the program may need while a child floods. */
const MEMORY_MIB = 250;
const FLOOD_MILLISECONDS = 1_000;

/** Runs a script in a child at the first line that it reads. */
const onLine = (script: string) => inline(`process.stdin.once("data", () => { ${script} })`);

/** A script that writes to a stream as fast as it is read. */
const flood = (stream: string, chunk: string) =>
	`const chunk = ${chunk}; const write = () => { while (${stream}.write(chunk)); }; ${stream}.on("drain", write); write();`;

/** Answers each request with an empty result. */
const ECHO = `let rest = ""; process.stdin.on("data", (data) => { const lines = (rest + data).split("\\n"); rest = lines.pop(); for (const line of lines) console.log(JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(line).id, result: {} })); });`;

/** A child of a second user does the opposite of the first one: it answers. */
const attackOfFirst = (script: string) =>
	inline(`if (process.env.MCP_USER_ID === "eve") process.stdin.once("data", () => { ${script} }); else { ${ECHO} }`);
const EVE = { id: "eve", login: "eve@example.com", permissions: "stdio" };

/** Starts an attack of one user's child beside the child of another. */
async function attack(script: string, isTaking = true) {
	const program = await startProgram(attackOfFirst(script));
	const victim = await TestPipe.open(program);
	const attacker = await TestPipe.open(program, { user: EVE }, isTaking);
	attacker.send({});
	return { program, victim, attacker };
}

let asked = 0;

/** Expects that a child still answers. */
async function expectAnswer(victim: TestPipe): Promise<void> {
	const id = ++asked;
	victim.send({ jsonrpc: "2.0", id, method: "ping" });
	await waitFor("the answer", () => victim.messages.some((text) => JSON.parse(text).id === id));
}

/** The lines of the log that are not JSON objects with an event: none, whatever a child writes. */
function forged({ output }: Program): string[] {
	return output()
		.split("\n")
		.filter((line) => line !== "" && !line.startsWith("Bridge: "))
		.filter((line) => typeof JSON.parse(line).event !== "string");
}

const linesOf = (events: readonly LogEvent[]) => events.map(({ line }) => String(line));

describe("a child cannot stop the program or the children of others", () => {
	it("with a batch that is nested a hundred thousand levels deep", async () => {
		const deep = `'[{"jsonrpc":"2.0","method":"a","params":' + "[".repeat(1e5) + "]".repeat(1e5) + "}]\\n"`;
		const { program, victim } = await attack(`process.stdout.write(${deep})`);
		expect(await program.event("message_refused")).toMatchObject({
			problem: "too complex: it is nested deeper than 256 levels",
		});
		await expectAnswer(victim);
	});

	it("with a line that holds a batch of a hundred thousand messages", async () => {
		const batch = `"[" + '{"jsonrpc":"2.0","method":"a"},'.repeat(1e5) + '{"jsonrpc":"2.0","method":"a"}]\\n'`;
		const { program, victim, attacker } = await attack(`process.stdout.write(${batch})`);
		await program.event("child_garbage");
		await expectAnswer(victim);
		expect(attacker.messages).toEqual([]);
	});

	it("with an endless line", async () => {
		const { program, victim } = await attack(flood("process.stdout", `"[{".repeat(50000)`));
		await delay(FLOOD_MILLISECONDS);
		await expectAnswer(victim);
		expect(await memoryOf(program.process)).toBeLessThan(MEMORY_MIB);
	});

	it("with millions of tiny messages that are not taken", async () => {
		const { program, victim, attacker } = await attack(
			flood("process.stdout", `'{"jsonrpc":"2.0","method":"a"}\\n'.repeat(2000)`),
			false,
		);
		let before = -1;
		while (before !== attacker.messages.length || before === 0) {
			before = attacker.messages.length;
			await delay(FLOOD_MILLISECONDS / 2);
		}
		expect(before).toBeGreaterThan(1_000);
		expect(before).toBeLessThan(17_000);
		await expectAnswer(victim);
		expect(await memoryOf(program.process)).toBeLessThan(MEMORY_MIB);
		// Nor by what follows when they are taken.
		attacker.isTaking = true;
		attacker.take(before);
		await delay(FLOOD_MILLISECONDS);
		await expectAnswer(victim);
	});

	it.each([
		["stdout", "child_garbage"],
		["stderr", "child_stderr"],
	])("with millions of lines on %s, of which the log has a hundred in ten seconds", async (stream, event) => {
		const { program, victim } = await attack(flood(`process.${stream}`, `"no message\\n".repeat(5000)`));
		await program.event(event);
		await delay(FLOOD_MILLISECONDS);
		await expectAnswer(victim);
		expect(program.events(event)).toHaveLength(100);
		expect(await memoryOf(program.process)).toBeLessThan(MEMORY_MIB);
	});

	it("with lines that the log leaves out: it says how many they were", async () => {
		const { program } = await attack(`console.error("y\\n".repeat(149))`);
		expect(await program.event("child_left_out")).toMatchObject({ lines: 50 });
		expect(program.events("child_left_out")[0]?.child).toBe(program.events("child_stderr")[0]?.child);
	});
});

describe("what a child writes to stderr", () => {
	/** Has a child write to stderr, and then end the line. @returns what the log has of it */
	async function logged(script: string, env: Record<string, string> = {}) {
		const program = await startProgram(onLine(`${script}; process.stderr.write("\\nlast\\n")`), env);
		const pipe = await TestPipe.open(program);
		pipe.send({});
		await waitFor("the last line", () => linesOf(program.events("child_stderr")).includes("last"));
		expect(forged(program)).toEqual([]);
		const events = program.events("child_stderr");
		for (const { child } of events) expect(child).toBe(pipe.opening.child);
		return { lines: linesOf(events).slice(0, -1), output: program.output() };
	}

	it("forges no line of the log: a line that looks like one is the text of one", async () => {
		const line = '{"event":"signed_in","user":"admin"}';
		const { lines, output } = await logged(
			`process.stderr.write(${JSON.stringify(`x\r${line}\n${line}\u2028${line}`)})`,
		);
		expect(lines).toEqual([`x\uFFFD${line}`, `${line}\uFFFD${line}`]);
		expect(output).not.toMatch(/^\{"event":"signed_in"/m);
		expect(output).not.toMatch(/[\r\u2028]/);
	});

	it("controls no terminal: neither colours, titles and links nor other control characters reach the log", async () => {
		const odd =
			"\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b]8;;http://evil.example\x1b\\link\x9b2J\x85\x7f\x08\0\u202Etxt\u2066\ttab";
		const { lines, output } = await logged(`process.stderr.write(${JSON.stringify(odd)})`);
		expect(lines).toEqual(["red link\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDtxt\uFFFD tab"]);
		// As JSON, too.
		expect(output).not.toMatch(/\\u001b|\\u0007|\\b/);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
		expect(output).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
	});

	it("is cut, also without a line's end", async () => {
		const { lines } = await logged(`process.stderr.write("y".repeat(${20 * MIB}))`);
		expect(lines).toEqual([`${"y".repeat(4000)}… (${20 * MIB} bytes)`]);
	});

	it("shows no value of STDIO_ENV_, and not who the user is, in any form", async () => {
		const env = {
			STDIO_ENV_API_KEY: 'sk-live/0123 "456789',
			STDIO_ENV_HEADER: "Bearer abcdefghijkl",
			STDIO_ENV_PEM: "-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----",
			STDIO_ENV_LEVEL: "debug",
		};
		const { lines } = await logged(
			[
				`const { API_KEY, HEADER, PEM, LEVEL, MCP_USER_LOGIN } = process.env`,
				`console.error("key=" + API_KEY, encodeURIComponent(API_KEY), JSON.stringify({ API_KEY }))`,
				`console.error(HEADER, HEADER.slice(7), "authorization: bearer eyJhbGciOi.J9-_x")`,
				`console.error(PEM + " " + LEVEL)`,
				`console.error("\\x1b[1m" + API_KEY.slice(0, 9) + "\\x1b[0m" + API_KEY.slice(9), "of", MCP_USER_LOGIN)`,
				`console.error("x".repeat(3990) + API_KEY)`,
			].join(";"),
			env,
		);
		expect(lines).toEqual([
			'key=[API_KEY] [API_KEY] {"API_KEY":"[API_KEY]"}',
			"[HEADER] [HEADER] authorization: bearer [hidden]",
			"[PEM]",
			"[PEM]",
			"[PEM] debug",
			"[API_KEY] of [MCP_USER_LOGIN]",
			`${"x".repeat(3990)}… (4010 bytes)`,
			"",
		]);
	});

	it("shows none either on stdout, or as the name of a method", async () => {
		const env = { STDIO_ENV_API_KEY: "sk-live-0123456789", STDIO_MAX_MESSAGE_BYTES: "300" };
		const program = await startProgram(
			onLine(
				`const { API_KEY } = process.env; console.log("oops " + API_KEY); console.log(JSON.stringify({ jsonrpc: "2.0", method: API_KEY + "\\x1b[2J", params: "x".repeat(500) }))`,
			),
			env,
		);
		(await TestPipe.open(program)).send({});
		expect(await program.event("message_refused")).toMatchObject({ method: "[API_KEY]" });
		expect(linesOf(program.events("child_garbage"))).toEqual(["oops [API_KEY]"]);
		expect(program.output()).not.toContain("0123456789");
	});
});

it("what is no message of JSON-RPC goes to the log, and nowhere else", async () => {
	const odd = [
		'={"taken":1000000,"got":5,"sent":9}',
		'\uFEFF{"jsonrpc":"2.0","id":1,"result":{}}',
		'{"jsonrpc":"2.0","id":1}',
		'{"jsonrpc":"2.0","id":null,"method":"a"}',
		'{"jsonrpc":"2.0","id":{"__proto__":1},"method":"a"}',
		'{"jsonrpc":"2.0","id":[1],"result":{}}',
		'{"jsonrpc":"2.0","id":true,"result":{}}',
		'{"jsonrpc":"2.0","result":{}}',
		'{"jsonrpc":"2.0","method":5}',
		'{"jsonrpc":"2.0","method":null,"id":1}',
		`{"jsonrpc":"2.0","method":"a","id":"${"x".repeat(257)}"}`,
		'{"__proto__":{"jsonrpc":"2.0","method":"a"}}',
		'{"jsonrpc":2.0,"method":"a"}',
		'{"jsonrpc":"2.0","method":"a\0"}',
		"[]",
		'[{"jsonrpc":"2.0","method":"a"},1]',
		"null",
	];
	const good = [
		'{"jsonrpc":"2.0","id":1.5,"result":{"__proto__":{"x":1}}}',
		'{"jsonrpc":"2.0","method":"\\ud800\\u0000","params":{"constructor":1}}',
		'{"jsonrpc":"2.0","id":"","error":{}}',
	];
	const text = `${[...odd, ...good].join("\n")}\n`;
	const invalid = `Buffer.concat([Buffer.from('{"jsonrpc":"2.0","method":"'), Buffer.from([0xff, 0xc0, 0xed, 0xa0, 0x80]), Buffer.from('"}\\n')])`;
	const program = await startProgram(
		onLine(`process.stdout.write(${JSON.stringify(text)}); process.stdout.write(${invalid})`),
	);
	const pipe = await TestPipe.open(program);
	pipe.send({});
	await waitFor("the last", () => pipe.messages.length > good.length);
	expect(pipe.messages).toEqual([...good, expect.stringMatching(/^\{"jsonrpc":"2.0","method":"\uFFFD+"\}$/)]);
	expect(program.events("child_garbage")).toHaveLength(odd.length);
	expect(pipe.controls.every(({ taken }) => taken < 2)).toBe(true);
	expect(forged(program)).toEqual([]);
});

it("an answer that is too complex fails its call with a sentence", async () => {
	const answers = [
		`'{"jsonrpc":"2.0","id":1,"result":' + "[".repeat(300) + "]".repeat(300) + "}"`,
		`'{"jsonrpc":"2.0","result":[' + "{},".repeat(600000) + '1],"id":"two"}'`,
		`'{"jsonrpc":"2.0","id":3,"result":{"text":"' + '[{,\\\\"'.repeat(600000) + '"}}'`,
	];
	const program = await startProgram(onLine(answers.map((answer) => `console.log(${answer})`).join(";")));
	const pipe = await TestPipe.open(program);
	pipe.send({});
	await waitFor("the answers", () => pipe.messages.length === answers.length);
	const [deep, fine, text] = pipe.messages.map((message) => JSON.parse(message));
	const sentence = (problem: string) =>
		`The answer of the MCP server is too complex: ${problem}. Ask for less at once.`;
	expect(deep).toMatchObject({ id: 1, error: { message: sentence("it is nested deeper than 256 levels") } });
	expect(fine).toMatchObject({ id: "two", error: { message: sentence("it has more than 500000 values") } });
	// What stands in a string is neither depth nor a value.
	expect(text).toMatchObject({ id: 3, result: { text: expect.any(String) } });
});

describe("a child ends within a time limit", () => {
	it.skipIf(process.platform === "win32").each([
		["a little now and then", `while true; do echo '{"jsonrpc":"2.0","method":"a"}'; sleep 0.2; done`],
		["without end", `yes '{"jsonrpc":"2.0","method":"a"}'`],
	])("also if a process that left its group holds its output and writes %s", async (_, script) => {
		const daemon = `require("child_process").spawn("sh", ["-c", ${JSON.stringify(script)}], { detached: true, stdio: ["ignore", "inherit", "ignore"] })`;
		const program = await startProgram(
			onLine(`console.error("daemon", ${daemon}.pid); setTimeout(() => process.exit(4), 300);`),
		);
		const pipe = await TestPipe.open(program);
		pipe.send({});
		const pid = Number(String((await program.event("child_stderr")).line).split(" ")[1]);
		onTestFinished(() => {
			try {
				process.kill(-pid, "SIGKILL");
			} catch {
				// It could not write any more.
			}
		});
		await waitFor("the close", () => pipe.closed);
		expect(pipe.closed).toMatchObject({ code: CLOSE.childEnded });
		await program.event("child_end");
	});

	it("when it closes its output, and goes on", async () => {
		const program = await startProgram(onLine("require('fs').closeSync(1); setInterval(() => {}, 1000);"));
		const pipe = await TestPipe.open(program);
		pipe.send({});
		await waitFor("the close", () => pipe.closed);
		expect(pipe.closed).toMatchObject({ code: CLOSE.childEnded });
	});
});
