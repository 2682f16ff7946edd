/** Who may open a pipe, and to which child. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { CLOSE } from "../../src/bridge/contract.ts";
import { childCommand } from "../stdio/door.ts";
import { isRunning, waitFor } from "../stdio/processes.ts";
import { MAIN } from "../stdio/program.ts";
import { openingOf, refusalOf, SECRET, startProgram, TestPipe } from "./pipes.ts";

const FAKE = childCommand("fake");
const BOB = { id: "bob", login: "bob", permissions: "stdio" };

describe("the secret", () => {
	it("opens the pipe, and nothing else does", async () => {
		const program = await startProgram(FAKE);
		for (const secret of ["", "wrong", `${SECRET}s`, SECRET.slice(1)]) {
			expect(await refusalOf(program, {}, { secret }), secret).toMatchObject({
				status: 401,
				error: "The secret of the pipe is wrong.",
			});
		}
		expect(program.events("child_start")).toEqual([]);
		expect(JSON.parse(await (await TestPipe.open(program)).call(1, "big", { bytes: 3 }))).toMatchObject({ id: 1 });
		expect(program.output()).not.toContain(SECRET);
	});

	it.runIf(process.platform === "linux")("is in no command line, and in no child's environment", async () => {
		const program = await startProgram(FAKE);
		const { pid } = await (await TestPipe.open(program)).environment();
		for (const one of [pid, program.process.pid]) {
			expect(await readFile(`/proc/${one}/cmdline`, "utf8")).not.toContain(SECRET);
			expect(await readFile(`/proc/${one}/environ`, "utf8")).not.toContain(SECRET);
		}
	});

	it("comes from the environment in a container, and goes no further", async () => {
		const env = { ...process.env, STDIO_PIPE_SECRET: SECRET };
		const bridge = spawn(process.execPath, [MAIN, "--port", "0", ...FAKE], {
			env,
			stdio: ["ignore", "pipe", "ignore"],
		});
		onTestFinished(() => void bridge.kill("SIGKILL"));
		let output = "";
		bridge.stdout.on("data", (chunk) => (output += chunk));
		const url = await waitFor("the program to listen", () => /^Bridge: (http:\S+)/m.exec(output)?.[1]);
		const environment = (await (await TestPipe.open({ url })).environment()).env;
		expect(environment).toMatchObject({ MCP_USER_LOGIN: "ada@example.com" });
		expect(JSON.stringify(environment)).not.toContain(SECRET);
	});

	it("does not reach a child where a starter has one in its environment, too", async () => {
		const program = await startProgram(FAKE, { STDIO_PIPE_SECRET: SECRET });
		const { env } = await (await TestPipe.open(program)).environment();
		expect(env).toMatchObject({ MCP_USER_LOGIN: "ada@example.com" });
		expect(JSON.stringify(env)).not.toContain(SECRET);
	});

	it("is not done without", async () => {
		const env = { ...process.env, STDIO_PIPE_SECRET: "" };
		const started = promisify(execFile)(process.execPath, [MAIN, ...FAKE], { env });
		await expect(started).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("set STDIO_PIPE_SECRET") });
	});
});

/** A program with a channel to its starter, which has told it no secret yet. */
function startUntold() {
	const program = spawn(process.execPath, [MAIN, "--port", "0", ...FAKE], {
		stdio: ["ignore", "ignore", "pipe", "ipc"],
	});
	onTestFinished(() => void program.kill("SIGKILL"));
	return { program, output: text(program.stderr as Readable), closed: once(program, "close") };
}

describe("a starter", () => {
	it.each([{}, { secret: "" }, { secret: 1 }, "secret"])(
		"that tells %j instead of a secret starts nothing",
		async (message) => {
			const { program, output, closed } = startUntold();
			program.send(message);
			expect([(await closed)[0], await output]).toEqual([2, expect.stringContaining("has no secret")]);
		},
	);

	it("that tells no secret for ten seconds starts nothing", async () => {
		const { output, closed } = startUntold();
		expect([(await closed)[0], await output]).toEqual([2, "No secret was sent in time.\n"]);
	});

	it("that leaves before it tells the secret takes the program along", async () => {
		const { program } = startUntold();
		program.disconnect();
		expect(await once(program, "exit")).toEqual([0, null]);
	});
});

describe("an opening", () => {
	it.each([
		["no JSON", "{"],
		["no percent-encoding", "%E0%A4%A"],
		["no object", "1"],
		["nobody's", encodeURIComponent(JSON.stringify({ ...openingOf(), user: { ...BOB, id: "" } }))],
		["of a child without a name", encodeURIComponent(JSON.stringify(openingOf({ child: "" })))],
		["of half a user", encodeURIComponent(JSON.stringify({ ...openingOf(), user: { id: "bob" } }))],
		["with a line's end in a name", encodeURIComponent(JSON.stringify(openingOf({ user: { ...BOB, login: "a\nb" } })))],
	])("that is %s is refused", async (_, header) => {
		const program = await startProgram(FAKE);
		expect(await refusalOf(program, {}, { header })).toMatchObject({ status: 400 });
		expect(program.events("child_start")).toEqual([]);
	});

	it("elsewhere, or under the name of another host, is refused", async () => {
		const program = await startProgram(FAKE);
		expect(await refusalOf(program, {}, { path: "/other" })).toMatchObject({ status: 404 });
		expect(await refusalOf(program, {}, { host: "evil.example" })).toMatchObject({ status: 403 });
		const answers = await Promise.all(["/health", "/", "/pipe"].map((path) => fetch(program.url + path)));
		expect(answers.map(({ status }) => status)).toEqual([200, 404, 404]);
		expect(await answers[0]?.text()).toBe("ok\n");
	});

	it("takes up no child that is not there, or is not theirs, and starts none twice", async () => {
		const program = await startProgram(FAKE);
		const { opening } = await TestPipe.open(program);
		expect(await refusalOf(program, { isNew: false })).toMatchObject({ status: 404 });
		expect(await refusalOf(program, { ...opening, isNew: false, user: BOB })).toMatchObject({ status: 404 });
		const other = { ...opening.user, permissions: "" };
		expect(await refusalOf(program, { ...opening, isNew: false, user: other })).toMatchObject({ status: 404 });
		expect(await refusalOf(program, opening)).toMatchObject({ status: 409 });
	});

	it("is refused to a user who has their share, and not to the next", async () => {
		const program = await startProgram(FAKE, { STDIO_MAX_CHILDREN_PER_USER: "2", STDIO_MAX_CHILDREN: "3" });
		const [first] = [await TestPipe.open(program), await TestPipe.open(program)];
		expect(await refusalOf(program)).toMatchObject({
			status: 429,
			retryAfter: "60",
			error: expect.stringContaining("2 sessions of the stdio server open"),
		});
		await TestPipe.open(program, { user: BOB });
		expect(await refusalOf(program, { user: { ...BOB, id: "eve" } })).toMatchObject({ status: 503, retryAfter: "60" });
		first.close(CLOSE.end);
		await program.event("child_end");
		await TestPipe.open(program, { user: { ...BOB, id: "eve" } });
	});

	it("is refused as long as a child that ends still runs", async () => {
		const program = await startProgram(childCommand("stubborn"), { STDIO_MAX_CHILDREN_PER_USER: "1" });
		const pipe = await TestPipe.open(program);
		const { pid } = await program.event("child_start");
		await program.event("child_stderr");
		pipe.close(CLOSE.end);
		await waitFor("the close", () => pipe.closed);
		expect(isRunning(pid)).toBe(true);
		expect(await refusalOf(program)).toMatchObject({ status: 429 });
		expect(await refusalOf(program, { ...pipe.opening, isNew: false })).toMatchObject({ status: 404 });
		await program.event("child_end");
		expect(isRunning(pid)).toBe(false);
		const next = await TestPipe.open(program);
		await waitFor("the first frame", () => next.controls[0]);
	});

	it.each([
		["too large a frame", "x".repeat(17 * 1024 * 1024), 1009],
		["no JSON behind an equals sign", "={", 1007],
		["a count below zero", '={"taken":-1}', 1007],
	])("of one pipe that breaks the rules with %s ends no other", async (_, frame, code) => {
		const program = await startProgram(FAKE);
		const [rude, other] = [await TestPipe.open(program), await TestPipe.open(program)];
		rude.send(frame);
		await waitFor("the close", () => rude.closed);
		expect(rude.closed?.code).toBe(code);
		await other.environment();
		expect(program.events("child_end")).toEqual([]);
	});
});

it.each([
	["an unknown flag", ["--prot", "1", "--", "node"], {}, "Unknown option"],
	["an unknown letter", ["-p", "1", "--", "node"], {}, "Unknown option"],
	[
		"a port that is too large",
		["--port", "70000", "node"],
		{},
		"--port takes a whole number from 0 to 65535, not 70000",
	],
	[
		"a day too long",
		["node"],
		{ STDIO_KEEP_SECONDS: "86401" },
		"STDIO_KEEP_SECONDS takes a whole number from 1 to 86400",
	],
	["a limit that is none", ["node"], { STDIO_MAX_CHILDREN: "many" }, "STDIO_MAX_CHILDREN takes a whole number"],
	["no command", [], {}, "No command to run was given"],
	["an unclosed quote", [], { STDIO_COMMAND: 'node "secret' }, "A quote in STDIO_COMMAND is never closed"],
])("%s ends it with a sentence", async (_, args, env, sentence) => {
	const all = { ...process.env, STDIO_PIPE_SECRET: SECRET, ...env };
	const bridge = spawn(process.execPath, [MAIN, ...args], { env: all, stdio: ["ignore", "ignore", "pipe"] });
	const [output, [code]] = await Promise.all([text(bridge.stderr), once(bridge, "close")]);
	expect([code, output]).toEqual([2, expect.stringContaining(sentence)]);
	expect(output).not.toContain("secret");
});
