/** The Worker on this computer: `wrangler dev`, and a greeting that says where it is and what to do next. */
import { type ChildProcess, fork } from "node:child_process";
import { WRANGLER } from "./paths.ts";

const REMOTE_AI = "--remote-ai";

export type WorkerOptions = {
	/** For `wrangler dev`; `--remote-ai` uses the real Workers AI of the account that is logged in. */
	readonly flags: readonly string[];
	/** Whether there is a stdio server to tell of. */
	readonly hasStdio: boolean;
};

export function startWorker({ flags, hasStdio }: WorkerOptions): ChildProcess {
	const protocol = /--local-protocol[ =]https/.test(flags.join(" ")) ? "https" : "http";
	const child = fork(
		WRANGLER,
		["dev", ...(flags.includes(REMOTE_AI) ? [] : ["--local"]), ...flags.filter((flag) => flag !== REMOTE_AI)],
		{
			stdio: ["inherit", "inherit", "inherit", "ipc"],
			// No questions, and no look-ups that need a network.
			env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" },
		},
	);
	child.on("message", (message) => {
		const { event, port } = JSON.parse(String(message)) as { event?: string; port?: number };
		if (event === "DEV_SERVER_READY") greet(`${protocol}://localhost:${port}`, hasStdio);
	});
	return child;
}

/** Says where the server is; or what is wrong with its settings, which it tells whoever asks. */
async function greet(origin: string, hasStdio: boolean): Promise<void> {
	console.log(greeting(origin, hasStdio));
	const answer = await fetch(origin).catch(() => undefined);
	if (answer?.status === 503) console.error(((await answer.json()) as { error_description: string }).error_description);
}

function greeting(origin: string, hasStdio: boolean): string {
	return `
Remote MCP server: ${origin}

  Give your MCP client this address:   ${origin}/mcp      (older clients: ${origin}/sse)${hasStdio ? stdioLine(origin) : ""}
  Claude Code:                         claude mcp add --transport http remote-mcp-server ${origin}/mcp
  Try it in the MCP Inspector:         npx @modelcontextprotocol/inspector --transport http --server-url ${origin}/mcp
  More clients, ready to paste:        ${origin}/

  The client opens a sign-in page. Until you set the keys of an identity provider, any email address and any
  password will do. Stop with Ctrl-C.
`;
}

function stdioLine(origin: string): string {
	return `\n  The stdio MCP server is at:          ${origin}/stdio/mcp`;
}
