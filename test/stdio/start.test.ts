/** `npm run start:stdio`: the Worker and the bridge as one. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { isListening, type RunningServer, startServer } from "../e2e/server.ts";
import { treeOf } from "../scripts/process-tree.ts";
import { openStdioSession } from "../support/stdio-session.ts";
import { EVERYTHING, isRunning, waitFor } from "./processes.ts";

const START_MILLISECONDS = 120_000;

let server: RunningServer | undefined;
afterEach(async () => {
	await server?.stop();
	server = undefined;
});

/** Starts both, and a child of the bridge. */
async function startAll() {
	server = await startServer({ script: "start:stdio", command: EVERYTHING });
	const { output } = server;
	const [, bridge = ""] = /^Bridge: (http:\S+)/m.exec(output()) ?? [];
	expect(await openStdioSession(server.origin)).toContain("serverInfo");
	const event = await waitFor("a child", () => /^\{"event":"child_start".*"pid":(\d+)/m.exec(output())?.[1]);
	return { server, bridge, output, child: Number(event) };
}

it("starts the Worker and the bridge, which share a secret; SIGTERM leaves nothing", {
	timeout: START_MILLISECONDS,
}, async () => {
	const { server, bridge, output, child } = await startAll();
	const command = "server-everything/dist/index.js";
	const greeting = () =>
		output()
			.split("\n")
			.find((line) => line.includes(`${server.origin}/stdio/mcp`));
	expect(await waitFor("the greeting", greeting)).toContain(command);
	expect(await (await fetch(server.origin)).text()).toContain(command);
	expect(bridge).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
	expect(isRunning(child)).toBe(true);
	const file = process.platform === "linux" ? await expectSecretInFile(child, output()) : undefined;
	await server.stop("SIGTERM");
	expect(isRunning(child)).toBe(false);
	expect(await isListening(Number(new URL(bridge).port))).toBe(false);
	expect(output()).not.toContain("Stopping:");
	if (file !== undefined) expect(existsSync(file)).toBe(false);
});

/** The secret of the pipe is in a file for nobody else, and in no command line and no environment. @returns the file */
async function expectSecretInFile(child: number, output: string): Promise<string> {
	const tree = await treeOf(process.pid);
	const commands = tree.map(({ command }) => command).join("\n");
	const files = [...new Set(commands.match(/\S+wrangler\.stdio-\d+\.json/g))];
	expect(files).toHaveLength(1);
	const [file = ""] = files;
	const { vars } = JSON.parse(await readFile(file, "utf8"));
	const secret = String(vars.STDIO_PIPE_SECRET);
	expect(secret).toMatch(/^[0-9a-f]{64}$/);
	expect((await stat(file)).mode & 0o777).toBe(0o600);
	expect(commands).not.toContain(secret);
	// Those that have ended since then have none.
	const environmentOf = (pid: number) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
	const environments = await Promise.all(tree.map(({ pid }) => environmentOf(pid)));
	expect(environments.join("\n")).toContain("MCP_USER_LOGIN=");
	expect(environments.join("\n")).not.toContain(secret);
	expect(tree.map(({ pid }) => pid)).toContain(child);
	expect(output).not.toContain(secret);
	return file;
}

it("the end of the bridge is the end of the Worker, with the reason", { timeout: START_MILLISECONDS }, async () => {
	const { server, output, child } = await startAll();
	process.kill(await parentOf(child), "SIGKILL");
	expect(await server.closed).toEqual({ code: 1, signal: null });
	expect(output()).toContain("The bridge ended (SIGKILL). Stopping: The Worker.");
	expect(await isListening(server.port)).toBe(false);
});

it("npm start does without the container where there is no Docker", { timeout: START_MILLISECONDS }, async () => {
	const env = { STDIO_COMMAND: "uvx mcp-server-fetch", WRANGLER_DOCKER_BIN: "no-docker-here" };
	server = await startServer({ env });
	expect(server.output()).toContain("npm run start:stdio -- <command>");
	expect(server.output()).not.toContain("/stdio/mcp");
});

it("says how it is used, if there is no command", async () => {
	const env = { ...process.env, STDIO_COMMAND: "" };
	const start = promisify(execFile)("npm", ["run", "start:stdio"], { env });
	await expect(start).rejects.toMatchObject({
		code: 2,
		stderr: expect.stringContaining("npm run start:stdio -- npx -y @modelcontextprotocol/server-everything"),
	});
});

async function parentOf(pid: number): Promise<number> {
	const { stdout } = await promisify(execFile)("ps", ["-o", "ppid=", "-p", String(pid)]);
	return Number(stdout);
}
