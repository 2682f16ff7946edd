/** That the example of the settings leaves none out. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";

const read = (path: string) => readFile(join(import.meta.dirname, "../..", path), "utf8");
const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);

it("the example names every setting", async () => {
	const example = names(await read(".dev.vars.example"), /^([A-Z_]+)=/gm);
	const sources = await Promise.all(["src/auth/settings.ts", "src/stdio/settings.ts"].map(read));
	const config = names(sources.join("\n"), /^\t([A-Z_]+): /gm);
	const lists = names(await read("src/server.ts"), /users: "([A-Z_]+)"/g);
	const ofExtra = names(await read("src/stdio/extra.ts"), /users: "([A-Z_]+)"/g);
	const container = names(await read("src/stdio/container.ts"), /this\.env\.([A-Z_]+)/g);
	expect(config).toEqual(expect.arrayContaining(["STDIO_URL", "STDIO_COMMAND", "ALLOWED_ORIGINS"]));
	expect(container).toContain("STDIO_SLEEP_AFTER");
	// One is for `npm run start:stdio` to set.
	expect(ofExtra).toEqual(["STDIO_ALLOWED_USERS"]);
	const settings = [...config, ...container, ...lists, ...ofExtra].filter((name) => name !== "STDIO_PIPE_SECRET");
	expect(example).toEqual(expect.arrayContaining(settings));
});
