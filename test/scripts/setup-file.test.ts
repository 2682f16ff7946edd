/** `npm run setup` changes settings in a file, and leaves all else in it as it was. */
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { changeSettings } from "../../src/scripts/setup/env-file.ts";

const change = (text: string, changes: Record<string, string>) =>
	changeSettings(text, new Map(Object.entries(changes)));

const OWN = `# mine
export B=two # of two

  A = "one
A=not a setting"
UNCLOSED='it
C=
`;

it.each([
	["an empty one in its place", { C: "3" }, OWN.replace("C=", "C=3")],
	["an exported one", { B: "2" }, OWN.replace("export B=two # of two", "export B=2")],
	["one of several lines", { A: "1" }, OWN.replace('  A = "one\nA=not a setting"', "A=1")],
	["one whose quote is never closed", { UNCLOSED: "x" }, OWN.replace("UNCLOSED='it", "UNCLOSED=x")],
	["one that is not there, at the end", { D: "4" }, `${OWN}D=4\n`],
	["none", {}, OWN],
])("a change of %s", (_what, changes, expected) => {
	expect(change(OWN, changes)).toBe(expected);
});

it("the last of several lines counts, as for those that read the file", () => {
	expect(change("A=1\nA=2\n", { A: "3" })).toBe("A=1\nA=3\n");
});

it("Windows line ends stay", () => {
	const changed = change("# mine\r\nA=1\r\nB=\r\n", { B: "2", C: "3" });
	expect(changed).toBe("# mine\r\nA=1\r\nB=2\r\nC=3\r\n");
	expect(parseEnv(changed)).toEqual({ A: "1", B: "2", C: "3" });
});

it("a file without a line end at its end gets a line of its own", () => {
	expect(change("A=1", { B: "2" })).toBe("A=1\nB=2\n");
});

it.each(["a#b", "a b", "$HOME", 'a"b', "a'b", "a'b\"c", "groups=a, b", "\\n"])(
	"a value such as %s is read as it was given",
	(value) => {
		expect(parseEnv(change("", { A: value }))).toEqual({ A: value });
	},
);

it("a value that such a file cannot hold is refused without showing it", () => {
	expect(() => change("", { A: "'\"` hunter2" })).toThrow(/^A has characters that a settings file cannot hold\.$/);
});
