/** mcporter, from the command line. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { type Mcporter, makeMcporter } from "./mcporter.ts";
import { makeTemporaryHome, type TemporaryHome } from "./temporary-home.ts";
import { ALL_TOOLS, ANYONES_TOOLS, pngSize } from "./tool-client.ts";

let home: TemporaryHome;

beforeEach(async () => {
	home = await makeTemporaryHome();
});

afterEach(() => home.remove());

describe.each(["/mcp", "/sse"])("mcporter at %s", (path) => {
	let mcporter: Mcporter;

	beforeEach(async () => {
		mcporter = await makeMcporter(home, inject("origin") + path);
	});

	it("signs in, lists the tools and calls them", async () => {
		await mcporter.signIn({ email: `${crypto.randomUUID()}@example.com` });
		expect(await mcporter.listToolNames()).toEqual(ANYONES_TOOLS);
		expect(await mcporter.call("add", { a: 2, b: 3 })).toBe("5");
		await mcporter.call("remember", { note: "naïve, ☃, 日本語" });
		expect(await mcporter.call("recall", {})).toContain("naïve, ☃, 日本語");
		const refused = mcporter.call("generateImage", { prompt: "a lighthouse" });
		await expect(refused).rejects.toThrow('needs the permission "image_generation"');
	});

	it("saves the image of a user who may generate one", async () => {
		await mcporter.signIn({ permissions: ["image_generation"] });
		expect(await mcporter.listToolNames()).toEqual(ALL_TOOLS);
		const folder = join(home.path, "images");
		await mcporter.call("generateImage", { prompt: "a lighthouse" }, "--save-images", folder);
		const [file = ""] = await readdir(folder);
		expect(pngSize(await readFile(join(folder, file)))).toEqual({ width: 128, height: 128 });
	});
});
