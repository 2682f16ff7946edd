/** `mcp-remote`, with which Claude Desktop, Cursor and Windsurf reach this server: a program that they run over stdio. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { npmProgram } from "./command.ts";
import type { TemporaryHome } from "./temporary-home.ts";

export type RunningMcpRemote = {
	/** The desktop app. */
	readonly client: Client;
	/** Settled once the user has signed in, if they need to. */
	readonly connected: Promise<void>;
	printed(): string;
};

/** Runs `mcp-remote <url> <flags>`, as the config of a desktop app says, until the client is closed. */
export function runMcpRemote(home: TemporaryHome, url: string, flags: readonly string[] = []): RunningMcpRemote {
	const transport = new StdioClientTransport({
		command: process.execPath,
		args: [npmProgram("mcp-remote"), url, ...flags],
		env: home.env,
		stderr: "pipe",
	});
	let printed = "";
	transport.stderr?.on("data", (chunk) => {
		printed += chunk;
	});
	const client = new Client({ name: "desktop-app", version: "1.0.0" });
	return { client, connected: client.connect(transport), printed: () => printed };
}
