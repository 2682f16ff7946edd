/**
 * `npm start`: runs the Worker on this computer and says where it is and what to do next.
 * Extra flags go to `wrangler dev`; `--remote-ai` uses the real Workers AI of the account that is logged in.
 */
import { fork } from "node:child_process";
import { join } from "node:path";

const PARENT_CHECK_MILLISECONDS = 500;
const REMOTE_AI = "--remote-ai";
const flags = process.argv.slice(2);
const protocol = /--local-protocol[ =]https/.test(flags.join(" ")) ? "https" : "http";
const wrangler = join(import.meta.dirname, "../node_modules/wrangler/bin/wrangler.js");

const child = fork(
	wrangler,
	["dev", ...(flags.includes(REMOTE_AI) ? [] : ["--local"]), ...flags.filter((flag) => flag !== REMOTE_AI)],
	{
		stdio: ["inherit", "inherit", "inherit", "ipc"],
		// No questions, and no look-ups that need a network.
		env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" },
	},
);

child.on("message", (message) => {
	const { event, port } = JSON.parse(String(message)) as { event?: string; port?: number };
	if (event === "DEV_SERVER_READY") greet(`${protocol}://localhost:${port}`);
});
child.on("exit", (code, signal) => {
	process.exitCode = signal ? 0 : (code ?? 1);
});
// Wrangler shuts down on its own; this process stays until it has.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
// npm runs this through a shell, which may end without passing the signal on.
const shell = process.ppid;
setInterval(() => process.ppid !== shell && child.kill("SIGTERM"), PARENT_CHECK_MILLISECONDS).unref();

/** Says where the server is; or what is wrong with its settings, which it tells whoever asks. */
async function greet(origin: string): Promise<void> {
	console.log(greeting(origin));
	const answer = await fetch(origin).catch(() => undefined);
	if (answer?.status === 503) console.error(((await answer.json()) as { error_description: string }).error_description);
}

function greeting(origin: string): string {
	return `
Remote MCP server: ${origin}

  Give your MCP client this address:   ${origin}/mcp      (older clients: ${origin}/sse)
  Claude Code:                         claude mcp add --transport http remote-mcp-server ${origin}/mcp
  Try it in the MCP Inspector:         npx @modelcontextprotocol/inspector --transport http --server-url ${origin}/mcp
  More clients, ready to paste:        ${origin}/

  The client opens a sign-in page. Until you set the keys of an identity provider, any email address and any
  password will do. Stop with Ctrl-C.
`;
}
