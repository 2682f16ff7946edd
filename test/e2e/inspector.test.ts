/** The MCP Inspector's command line, with its own sign-in. */
import { execFile } from "node:child_process";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { npmProgram, readAuthorizationUrl } from "./command.ts";
import { findFreePort } from "./server.ts";
import { signInAndReturn } from "./sign-in.ts";
import { makeTemporaryHome, type TemporaryHome } from "./temporary-home.ts";
import { ALL_TOOLS, ANYONES_TOOLS } from "./tool-client.ts";

const origin = inject("origin");
let home: TemporaryHome;
let callbackUrl: string;

beforeEach(async () => {
	home = await makeTemporaryHome();
	callbackUrl = `http://127.0.0.1:${await findFreePort()}/oauth/callback`;
});

afterEach(() => home.remove());

/** Runs `npx @modelcontextprotocol/inspector --cli …`, and returns what it printed as JSON. */
function runInspector(...args: string[]) {
	const env = {
		...home.env,
		// Without a terminal the Inspector signs in only if it may open a browser: ours, which opens nothing.
		MCP_AUTO_OPEN_ENABLED: "true",
		// Not the keychain of whoever runs the tests.
		MCP_INSPECTOR_SECRET_STORE: "file",
		// The generated types declare this Worker's settings as part of every environment.
	} as Record<string, string> as NodeJS.ProcessEnv;
	const { promise: result, resolve, reject } = Promise.withResolvers<unknown>();
	const command = [npmProgram("mcp-inspector"), "--cli", ...args, "--callback-url", callbackUrl, "--format", "json"];
	const child = execFile(process.execPath, command, { env, timeout: 60_000 }, (error, stdout, stderr) => {
		if (error) reject(new Error(`The Inspector failed:\n${stderr}`, { cause: error }));
		else resolve(JSON.parse(stdout));
	});
	let printed = "";
	child.stderr?.on("data", (chunk) => {
		printed += chunk;
	});
	return { result, printed: () => printed };
}

const TRANSPORTS = [
	{ transport: "http", path: "/mcp" },
	{ transport: "sse", path: "/sse" },
];

describe.each(TRANSPORTS)("the Inspector with --transport $transport", ({ transport, path }) => {
	const inspect = (...args: string[]) => runInspector(origin + path, "--transport", transport, ...args);

	it("signs in and lists the tools, and calls one without signing in again", async () => {
		const list = inspect("--method", "tools/list");
		const [listed] = await Promise.all([
			list.result,
			readAuthorizationUrl(list.printed).then((url) => signInAndReturn(url)),
		]);
		expect(listed).toMatchObject({ result: { tools: ANYONES_TOOLS.map((name) => ({ name })) } });

		const call = inspect("--method", "tools/call", "--tool-name", "add", "--tool-arg", "a=2", "b=3");
		expect(await call.result).toMatchObject({
			result: { content: [{ type: "text", text: "5" }], structuredContent: { sum: 5 } },
		});
		expect(call.printed()).not.toContain("/authorize?");
	});

	it("lists the image tool, in a portable form, to a user who may generate images", async () => {
		const list = inspect("--method", "tools/list", "--strict");
		const answers = { permissions: ["image_generation"] };
		const signedIn = readAuthorizationUrl(list.printed).then((url) => signInAndReturn(url, answers));
		const [listed] = await Promise.all([list.result, signedIn]);
		expect(listed).toMatchObject({ result: { tools: ALL_TOOLS.map((name) => ({ name })) } });
	});
});
