/** The MCP Inspector's command line. */
import { runNpmProgram } from "./command.ts";
import { findFreePort } from "./server.ts";
import type { TemporaryHome } from "./temporary-home.ts";

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
	};
	return (...args) => {
		const command = ["--cli", ...args, "--callback-url", callbackUrl, "--format", "json"];
		const { result, printed } = runNpmProgram("mcp-inspector", command, env);
		return { result: result.then((output) => JSON.parse(output)), printed };
	};
}
