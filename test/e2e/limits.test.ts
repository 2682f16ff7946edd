/** The real rate limit binding, in `wrangler dev`, for a server that takes itself for a deployed one. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startServer } from "./server.ts";

const HOST = "mcp.example.com";
const VARIABLES = ["GITHUB_CLIENT_ID:id", "GITHUB_CLIENT_SECRET:secret", `COOKIE_ENCRYPTION_KEY:${"k".repeat(32)}`];

it("an address that sends too many bad tokens is refused for a while, and one that sends none is not", async () => {
	const folder = await mkdtemp(join(tmpdir(), "e2e-limits-"));
	onTestFinished(() => rm(folder, { recursive: true, force: true }));
	const config = join(folder, "wrangler.jsonc");
	const text = await readFile("wrangler.jsonc", "utf8");
	const assets = JSON.stringify(resolve("dist/assets"));
	const main = JSON.stringify(resolve("src/index.ts"));
	await writeFile(
		config,
		text.replace('"limit": 600', '"limit": 3').replace('"src/index.ts"', main).replace('"./dist/assets"', assets),
	);
	const server = await startServer({
		flags: [
			"--config",
			config,
			"--local-upstream",
			HOST,
			"--upstream-protocol",
			"https",
			...VARIABLES.flatMap((variable) => ["--var", variable]),
		],
	});
	onTestFinished(() => void server.stop());
	const call = async (headers: Record<string, string>) => {
		const response = await fetch(`${server.origin}/mcp`, { method: "POST", headers, body: "{}" });
		await response.text();
		return [response.status, response.headers.get("Retry-After")];
	};
	const bad = [];
	for (let index = 0; index < 5; index++) bad.push(await call({ Authorization: "Bearer made-up" }));
	expect(bad).toEqual([
		[401, null],
		[401, null],
		[401, null],
		[429, "60"],
		[429, "60"],
	]);
	expect(await call({})).toEqual([401, null]);
});
