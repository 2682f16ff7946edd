/** The MCP Inspector's command line. */
import { execFile } from "node:child_process";
import { npmProgram } from "./command.ts";
import { findFreePort } from "./server.ts";
import type { TemporaryHome } from "./temporary-home.ts";

const RUN_MILLISECONDS = 60_000;

export type InspectorRun = {
	/** What it printed, as JSON. */
	readonly result: Promise<unknown>;
	/** What it told the person who runs it. */
	printed(): string;
};

export type Inspector = (...args: string[]) => InspectorRun;

/** Makes runs of `npx @modelcontextprotocol/inspector --cli …` that share what they keep in a home folder. */
export async function makeInspector(home: TemporaryHome): Promise<Inspector> {
	const callbackUrl = `http://127.0.0.1:${await findFreePort()}/oauth/callback`;
	const env = {
		...home.env,
		// Without a terminal the Inspector signs in only if it may open a browser: ours, which opens nothing.
		MCP_AUTO_OPEN_ENABLED: "true",
		// Not the keychain of whoever runs the tests.
		MCP_INSPECTOR_SECRET_STORE: "file",
		// The generated types declare this Worker's settings as part of every environment.
	} as Record<string, string> as NodeJS.ProcessEnv;
	return (...args) => {
		const { promise: result, resolve, reject } = Promise.withResolvers<unknown>();
		const command = [npmProgram("mcp-inspector"), "--cli", ...args, "--callback-url", callbackUrl, "--format", "json"];
		const child = execFile(process.execPath, command, { env, timeout: RUN_MILLISECONDS }, (error, stdout, stderr) => {
			if (error) reject(new Error(`The Inspector failed:\n${stderr}`, { cause: error }));
			else resolve(JSON.parse(stdout));
		});
		let printed = "";
		child.stderr?.on("data", (chunk) => {
			printed += chunk;
		});
		return { result, printed: () => printed };
	};
}
