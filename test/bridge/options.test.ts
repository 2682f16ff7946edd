import { describe, expect, it } from "vitest";
import { readOptions } from "../../src/bridge/options.ts";
import { splitWords } from "../../src/bridge/words.ts";

describe("a command line", () => {
	it.each([
		["npx -y  some-server\t--flag\n", ["npx", "-y", "some-server", "--flag"]],
		[`node "a b.js" 'c "d"' e`, ["node", "a b.js", 'c "d"', "e"]],
		[String.raw`run a\ b "say \"hi\"" '\n' "\n"`, ["run", "a b", 'say "hi"', "\\n", "\\n"]],
		[`--name="John Doe" '' ""`, ["--name=John Doe", "", ""]],
		["echo $HOME | rm * > x; y &", ["echo", "$HOME", "|", "rm", "*", ">", "x;", "y", "&"]],
		["  ", []],
	])("%j is split into words, as a shell would", (line, words) => {
		expect(splitWords(line)).toEqual(words);
	});

	it.each(["say 'hi", 'say "hi', String.raw`"hi\"`])("%j is refused: a quote is never closed", (line) => {
		expect(() => splitWords(line)).toThrow("A quote in the command is never closed");
	});
});

describe("the options", () => {
	it.each([
		["after --", ["--port", "0", "--", "node", "x.js", "--port", "3"]],
		["without --, as npm passes it on", ["--port=0", "node", "x.js", "--port", "3"]],
	])("take the command %s, with flags of its own", (_, args) => {
		const { command, port, limits } = readOptions(args, {});
		expect(command).toEqual({ file: "node", args: ["x.js", "--port", "3"] });
		expect(port).toBe(0);
		expect(limits).toEqual({
			maxChildren: 40,
			maxChildrenPerUser: 10,
			maxMessageBytes: 8 * 1024 * 1024,
			keepSeconds: 60,
		});
	});

	it("take the command from the environment", () => {
		const { command } = readOptions([], { STDIO_COMMAND: "npx -y 'a b'" });
		expect(command).toEqual({ file: "npx", args: ["-y", "a b"] });
	});

	it.each([
		[[], "No command"],
		[["--port", "x", "--", "node"], "--port takes a whole number from 0 to 65535"],
		[["--port", "70000", "--", "node"], "--port takes a whole number from 0 to 65535"],
		[["--prot", "1", "--", "node"], "Unknown option"],
	])("%j are refused", (args, message) => {
		expect(() => readOptions(args, {})).toThrow(message);
	});

	it("take limits from the environment", () => {
		const { limits } = readOptions(["node"], { STDIO_MAX_CHILDREN: "3", STDIO_KEEP_SECONDS: "" });
		expect(limits).toMatchObject({ maxChildren: 3, keepSeconds: 60 });
		for (const value of ["0", "-1", "many", "1.5"]) {
			expect(() => readOptions(["node"], { STDIO_MAX_CHILDREN: value })).toThrow("STDIO_MAX_CHILDREN takes");
		}
	});
});
