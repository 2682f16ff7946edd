/** Real clients, at servers where nobody signs in at an identity provider: `npm run keys` makes what lets them in. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examine, type Reported } from "../../src/scripts/doctor/examine.ts";
import { type Inspector, makeInspector } from "../e2e/inspector.ts";
import { runMcpRemote } from "../e2e/mcp-remote.ts";
import { type RunningServer, startServer, waitFor } from "../e2e/server.ts";
import { makeTemporaryHome, type TemporaryHome } from "../e2e/temporary-home.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What `npm run keys` runs. */
const KEYS = ["src/scripts/run.cjs", "src/scripts/keys.ts"];
const GREETING_MILLISECONDS = 30_000;

let folder: string;
let home: TemporaryHome;
let inspect: Inspector;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "ways-in-"));
	home = await makeTemporaryHome();
	inspect = await makeInspector(home);
});

afterAll(async () => {
	await home?.remove();
	await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts the product's configuration with another Worker, and waits for its greeting. */
async function start(worker: string, state: string): Promise<RunningServer> {
	const text = await readFile(join(ROOT, "wrangler.jsonc"), "utf8");
	const config = join(folder, `${worker}.jsonc`);
	const moved = text
		.replace('"src/index.ts"', JSON.stringify(join(ROOT, `test/support/${worker}.ts`)))
		.replace('"./dist/assets"', JSON.stringify(join(ROOT, "dist/assets")));
	await writeFile(config, moved);
	const server = await startServer({ persistTo: state, flags: ["--config", config] });
	await waitFor("the greeting", async () => server.output().includes("Stop with Ctrl-C."), GREETING_MILLISECONDS);
	return server;
}

const SAY = { name: "echo", arguments: { text: "hello" } };
const SAID = { structuredContent: { text: "hello" } };

/** How long the first answer takes says something of this computer only. */
const isComplaint = ({ id, status }: Reported) => (status === "fault" || status === "warning") && id !== "time";

async function say(client: Client): Promise<unknown> {
	return client.callTool(SAY);
}

describe("a server that is open to anyone", () => {
	let server: RunningServer;
	beforeAll(async () => {
		server = await start("open-worker", join(folder, "open"));
	});
	afterAll(() => server?.stop());

	it("says so when it starts", () => {
		expect(server.output()).toMatch(/Sign-in: +none\. Anyone who reaches this address can call its tools/);
	});

	it.each(["/mcp", "/sse"])("has nothing that the doctor complains of at %s", async (path) => {
		const { findings } = await examine(server.origin + path);
		expect(findings.filter(isComplaint)).toEqual([]);
	});

	it.each(["/mcp", "/sse"])("is used by mcp-remote at %s without signing in", async (path) => {
		const { client, connected, printed } = runMcpRemote(home, server.origin + path);
		await connected;
		expect(await say(client)).toMatchObject(SAID);
		expect(printed()).not.toContain("/authorize");
		await client.close();
	});

	it.each([
		["http", "/mcp"],
		["sse", "/sse"],
	])("is used by the Inspector with --transport %s", async (transport, path) => {
		const call = ["--method", "tools/call", "--tool-name", SAY.name, "--tool-arg", "text=hello"];
		expect(await inspect(server.origin + path, "--transport", transport, ...call).result).toMatchObject({
			result: SAID,
		});
	});
});

describe("a server with API keys", () => {
	let server: RunningServer;
	let state: string;
	let key: string;
	beforeAll(async () => {
		state = join(folder, "keys");
		server = await start("keys-worker", state);
		const made = await keys("create", "night shift", "--permission", "image_generation,stdio", "--days", "7");
		expect(made.stdout).toMatch(/^mcpkey_[\w-]{43}\n$/);
		key = made.stdout.trim();
		expect(made.stderr).not.toContain(key);
	});
	afterAll(() => server?.stop());

	/** @returns what it printed: on standard output, and for people */
	const keys = (...args: string[]) =>
		promisify(execFile)(process.execPath, [...KEYS, ...args, "--persist-to", state], { cwd: ROOT });

	const statusWith = async (key: string) => {
		const headers = {
			Authorization: `Bearer ${key}`,
			Accept: "application/json, text/event-stream",
			"Content-Type": "application/json",
			"MCP-Protocol-Version": "2025-11-25",
		};
		// Without a session: whoever is let in is told that it is missing.
		const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
		return (await fetch(`${server.origin}/mcp`, { method: "POST", headers, body })).status;
	};

	it("says when it starts how a key is made, and how it is sent", () => {
		expect(server.output()).toContain("with an API key. Make one: npm run keys -- create NAME");
		expect(server.output()).toContain('--header "Authorization: Bearer YOUR_API_KEY"');
	});

	it.each(["/mcp", "/sse"])(
		"lets the doctor in at %s, which says that clients cannot sign in by themselves",
		async (path) => {
			const { findings } = await examine(server.origin + path, { token: key });
			expect(findings.filter(isComplaint)).toMatchObject([{ id: "challenge", status: "warning" }]);
			expect(JSON.stringify(findings)).not.toContain(key);
		},
	);

	it.each(["/mcp", "/sse"])("lets mcp-remote in at %s with a key", async (path) => {
		const running = runMcpRemote(home, server.origin + path, ["--header", `Authorization:Bearer ${key}`]);
		await running.connected;
		expect(await say(running.client)).toMatchObject(SAID);
		await running.client.close();
	});

	it.each([
		["http", "/mcp"],
		["sse", "/sse"],
	])("lets the Inspector in with --transport %s and a key", async (transport, path) => {
		const flags = ["--transport", transport, "--header", `Authorization: Bearer ${key}`];
		const call = ["--method", "tools/call", "--tool-name", SAY.name, "--tool-arg", "text=hello"];
		expect(await inspect(server.origin + path, ...flags, ...call).result).toMatchObject({ result: SAID });
	});

	it.each([
		[["create"], "Name the user or program that the key is for"],
		[["create", "night", "shift"], "goes into quotes"],
		[["create", "ci", "--key", "hunter2"], "You cannot choose a key"],
		[["create", "ci", "--days", "0"], "whole number from 1"],
		[["create", "x".repeat(101)], "This name will not do"],
		[["create", "ci", "--permission", "x".repeat(1024)], "1 KiB"],
		[["create", "ci", "--expires", "1"], "Unknown option"],
		[["revoke", "000000000000"], "There is no key with the ID 000000000000 on this computer"],
		[["make", "ci"], "There is no command make"],
	])("refuses %j with a sentence", async (args, sentence) => {
		const failed = await keys(...args).catch((error) => error);
		expect(failed.code).toBe(1);
		expect(failed.stderr).toContain(sentence);
		expect(failed.stdout).toBe("");
	});

	it("knows a key to its end, and the user for longer", async () => {
		expect(await statusWith(key)).toBe(400);
		const listed = (await keys("list")).stdout;
		const permissions = "permissions: image_generation, stdio; scopes: all; expires 20";
		const [, id = ""] = new RegExp(`^(\\w+)  night shift  \\(user key-\\1; ${permissions}`, "m").exec(listed) ?? [];
		expect(id).not.toBe("");
		expect(listed).not.toContain(key);

		const replaced = (await keys("replace", id)).stdout.trim();
		expect(await statusWith(key)).toBe(401);
		expect(await statusWith(replaced)).toBe(400);

		await keys("revoke", id);
		expect(await statusWith(replaced)).toBe(401);
		expect(await filesUnder(state, key, replaced)).toEqual([]);
	});
});

/** The files below a folder that hold one of these texts. */
async function filesUnder(folder: string, ...texts: string[]): Promise<string[]> {
	const { stdout } = await promisify(execFile)("grep", [
		"-rlaF",
		...texts.flatMap((text) => ["-e", text]),
		folder,
	]).catch((error) => error);
	return stdout.split("\n").filter((line: string) => line !== "");
}
