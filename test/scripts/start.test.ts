/** What `npm start` says: where the server is, or in one sentence why it does not start. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { greeting } from "../../src/scripts/greeting.ts";
import { WRANGLER } from "../../src/scripts/paths.ts";
import { FLAGS } from "../../src/scripts/wrangler-flags.ts";
import { findFreePort, startServer } from "../e2e/server.ts";
import { NO_VARIABLES } from "../support/environment.ts";

const START_MILLISECONDS = 120_000;

type Ended = { code: unknown; output: string };

/** Runs a program to its end, with no command of `.dev.vars` to have a say. */
function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
	const variables = { ...process.env, STDIO_COMMAND: "", ...env };
	return new Promise((resolve) => {
		execFile(file, args, { env: variables }, (error, stdout, stderr) => {
			const lines = stripVTControlCharacters(`${stdout}${stderr}`).split("\n");
			// What npm itself says.
			const output = lines.filter((line) => line !== "" && !/^(> |npm (warn|notice|error arg) )/.test(line)).join("\n");
			resolve({ code: error ? error.code : 0, output });
		});
	});
}

const npm = (args: readonly string[], env?: Readonly<Record<string, string>>) => run("npm", args, env);

/** What `npm start -- <flags>` runs, without npm, which hands on what stands behind `--` as it is. */
function start(flags: readonly string[]): Promise<Ended> {
	const [node, ...words] = manifest.scripts.start.split(" ");
	expect(node).toBe("node");
	// The tests are a script of npm themselves.
	return run(process.execPath, [...words, ...flags], { npm_lifecycle_event: "start" });
}

/** A port of this computer that is taken for one test. */
async function takePort(): Promise<number> {
	const server = createServer().listen(0);
	await once(server, "listening");
	onTestFinished(() => void server.close());
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("No port was given");
	return address.port;
}

/** An address under which other computers reach this one. */
const isOutside = ({ family, internal }: NetworkInterfaceInfo) => family === "IPv4" && !internal;

const persistTo = join(tmpdir(), "start-test");

describe("a start that cannot be what was meant says what to type", () => {
	it.each([
		["--prot 9000", "There is no flag --prot. Did you mean --port?"],
		["--persistto x", "There is no flag --persistto. Did you mean --persist-to?"],
		["--local-protocl https", "There is no flag --local-protocl. Did you mean --local-protocol?"],
		["--remote-ia", "There is no flag --remote-ia. Did you mean --remote-ai?"],
		["--nonsense", "There is no flag --nonsense. All flags: npm start -- --help"],
		["-port 9000", "-port begins with one dash. Flags begin with two: npm start -- --port 9000"],
		["—port 9000", "—port does not begin with two plain dashes. Flags begin with two: npm start -- --port 9000"],
		["--port", "--port takes a number up to 65535: npm start -- --port 9000"],
		["--port=web", "--port takes a number up to 65535, not web: npm start -- --port 9000"],
		["--port 99999", "--port takes a number up to 65535, not 99999: npm start -- --port 9000"],
		["9000", "A port is a flag's value: npm start -- --port 9000"],
		["port 9000", "port is neither a flag nor a flag's value. Did you mean --port?"],
		[
			"/no/such/file",
			"/no/such/file is neither a flag nor a flag's value. Flags stand behind --: npm start -- --port 9000",
		],
		["--persist-to", "--persist-to needs a value behind it. All flags: npm start -- --help"],
		["--local-protocol ftp", "--local-protocol takes one of http, https, not ftp."],
	])("npm start -- %s", async (flags, sentence) => {
		expect(await start(flags.split(" "))).toEqual({ code: 1, output: sentence });
	});

	it.each([
		["start --port 9000", "--port 9000", "npm start -- --port 9000"],
		["start --port=9000", "--port 9000", "npm start -- --port 9000"],
		["start --port 9000 --ip 127.0.0.1", "--port 9000", "npm start -- --ip 127.0.0.1 --port 9000"],
		["start --ip ::1 --persist-to x", "--persist-to …", "npm start -- --ip … --persist-to …"],
		["start --remote-ai", "--remote-ai", "npm start -- --remote-ai"],
		["run start:stdio --port 9000 npx server", "--port 9000", "npm run start:stdio -- --port 9000 -- npx server"],
	])("npm %s", async (command, kept, advice) => {
		const { code, output } = await npm(command.split(" "));
		expect(code).toBe(1);
		// npm 12 refuses such flags itself.
		if (output.includes("EUNKNOWNCONFIG")) return;
		expect(output).toMatch(/^npm kept .* for itself\. Put -- in front of the flags: /);
		expect(output).toContain(kept);
		expect(output).toContain(advice);
		expect(output.split("\n")).toHaveLength(1);
	});

	it("a taken port", async () => {
		const port = await takePort();
		const flags = ["--port", String(port), "--persist-to", persistTo, ...NO_VARIABLES];
		const { code, output } = await npm(["start", "--", ...flags]);
		const sentence = `Port ${port} is taken, by another program or by a server that still runs. Stop that one, or use another port: npm start -- --port ${port + 1}`;
		expect({ code, output }).toEqual({ code: 1, output: sentence });
	});

	it("a taken port of the inspector", async () => {
		const [taken, free] = [await takePort(), await findFreePort()];
		const ports = ["--port", String(free), "--inspector-port", String(taken)];
		const flags = [...ports, "--persist-to", persistTo, ...NO_VARIABLES];
		const { code, output } = await npm(["start", "--", ...flags]);
		expect(code).toBe(1);
		expect(output).toBe(
			`The inspector's port ${taken} is taken (the port for a debugger, not the server's own). Leave --inspector-port out, and a free one is used.`,
		);
	});

	it.each(["start", "start:stdio", "image", "deploy"])("a quote that is not closed: npm run %s", async (script) => {
		const { code, output } = await npm(["run", script], { STDIO_COMMAND: "npx 'server hunter2" });
		expect({ code, output }).toEqual({
			code: 1,
			output:
				"A quote in STDIO_COMMAND (from the environment) is never closed. Close it, or put a backslash in front of it.",
		});
	});

	it("start:stdio without --, and a command that is not there", async () => {
		const { code, output } = await npm(["run", "start:stdio", "--", "--port", "9000", "no-such-server"]);
		expect(code).toBe(1);
		expect(output).toBe(
			"There is no command no-such-server in the folders of PATH. Is it installed, and spelled like this?",
		);
	});
});

it("the flags that are known here are those of wrangler dev", async () => {
	const help = await new Promise<string>((resolve) =>
		execFile(process.execPath, [WRANGLER, "dev", "--help"], (_error, stdout) => resolve(stdout)),
	);
	const flags = help.split("\n").flatMap((line) => {
		const [, names = "", type] =
			/^ +((?:-\w, )?--[a-z].*?) {2,}.*\[(boolean|number|string|array|choices: .*?)\]/.exec(line) ?? [];
		const known = { boolean: "switch", number: "number", array: "list" }[type ?? ""] ?? "text";
		return [...names.matchAll(/--([a-z-]+)/g)].map(([, name]) => [name, known]);
	});
	expect(flags.length).toBeGreaterThan(30);
	expect(Object.fromEntries(flags)).toEqual(FLAGS);
});

describe("a server that has started", () => {
	let server: Awaited<ReturnType<typeof startServer>>;
	beforeAll(async () => {
		server = await startServer();
	}, START_MILLISECONDS);
	afterAll(() => server.stop());

	it("says so below all else, and logs no page view", async () => {
		// It is the last: all that comes later is part of this.
		const greeting = () => /\nRemote MCP server: .*$/s.exec(stripVTControlCharacters(server.output()))?.[0] ?? "";
		await expect.poll(greeting).toContain("Stop with Ctrl-C.");
		const before = greeting();
		expect(before.trimStart()).toMatch(new RegExp(`^Remote MCP server: ${server.origin}\n`));
		expect(before).toContain(`Try it in your browser:   ${server.origin}/playground\n`);
		expect(before).toContain(`Address for MCP clients:  ${server.origin}/mcp `);
		expect(before).toContain("any email address and any password will do");
		expect(before).not.toContain("stdio");
		for (const path of ["/", "/mcp", "/nothing"]) await (await fetch(server.origin + path)).text();
		await (await fetch(server.origin, { headers: { Accept: "text/html" } })).text();
		expect(greeting()).toBe(before);
	});

	const [outside] = Object.values(networkInterfaces()).flatMap((found = []) => found.filter(isOutside));

	it.skipIf(!outside)("is reached from this computer only", async () => {
		const { port } = new URL(server.origin);
		expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
		await expect(fetch(`http://${outside?.address}:${port}/`)).rejects.toThrow("fetch failed");
	});

	it("says what is wrong with its settings", { timeout: START_MILLISECONDS }, async () => {
		const wrong = await startServer({ flags: ["--var", "GITHUB_CLIENT_ID:id"] });
		onTestFinished(() => void wrong.stop());
		await expect.poll(wrong.output).toContain("Stop with Ctrl-C.");
		expect(wrong.output()).toMatch(/It does not work yet: .*GITHUB_CLIENT_SECRET/);
		expect(wrong.output().trimEnd().endsWith("Stop with Ctrl-C.")).toBe(true);
	});
});

it("a greeting names the identity providers that are set up, and the callback to register there", async () => {
	const home = createHttpServer((_request, response) => {
		const mcp = { mcp: "http://localhost/mcp", sse: "http://localhost/sse", callback: "http://localhost/callback" };
		response.end(JSON.stringify({ name: "own", title: "Own", ...mcp, others: [], sign_in: ["GitHub", "Google"] }));
	}).listen(0);
	onTestFinished(() => void home.close());
	await once(home, "listening");
	const { port } = home.address() as AddressInfo;
	const text = await greeting(`http://localhost:${port}`);
	expect(text).toContain("with GitHub or Google. Register this callback there: http://localhost/callback");
	expect(text).not.toContain("any password");
	expect(text).not.toContain("ALLOWED_USERS");
});

it("a greeting says if anyone with an account can sign in, and which settings limit that", async () => {
	const sentence = "Anyone with an account at GitHub can sign in.";
	const home = createHttpServer((_request, response) => {
		const mcp = { mcp: "http://localhost/mcp", sse: "http://localhost/sse", callback: "http://localhost/callback" };
		const open = { sign_in: ["GitHub"], open_to: [sentence] };
		response.end(JSON.stringify({ name: "own", title: "Own", ...mcp, others: [], ...open }));
	}).listen(0);
	onTestFinished(() => void home.close());
	await once(home, "listening");
	const { port } = home.address() as AddressInfo;
	const text = await greeting(`http://localhost:${port}`);
	expect(text).toContain(sentence);
	expect(text).toContain("To let in only some: ALLOWED_USERS, ALLOWED_DOMAINS");
});
