/** That the example of the settings leaves none out. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";

const read = (path: string) => readFile(join(import.meta.dirname, "../..", path), "utf8");
const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);

it("the example names every setting", async () => {
	const example = names(await read(".dev.vars.example"), /^([A-Z_]+)=/gm);
	const config = names(await read("src/config.ts"), /^\t([A-Z_]+): /gm);
	const container = names(await read("src/stdio/container.ts"), /this\.env\.([A-Z_]+)/g);
	expect(config).toEqual(expect.arrayContaining(["STDIO_URL", "STDIO_COMMAND", "STDIO_ALLOWED_USERS"]));
	expect(container).toContain("STDIO_SLEEP_AFTER");
	// One is for `npm run start:stdio` to set.
	const settings = [...config, ...container].filter((name) => name !== "STDIO_PIPE_SECRET");
	expect(example).toEqual(expect.arrayContaining(settings));
});
