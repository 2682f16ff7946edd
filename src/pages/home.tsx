/** What this server is, which tools it has, how to connect. */
import { SERVER_INFO } from "../mcp/server-info.ts";
import { tools } from "../tools/index.ts";
import { Layout } from "./layout.tsx";

type HomePageProps = {
	origin: string;
	/** Whether there is a stdio MCP server, too. */
	hasStdio: boolean;
};

export function HomePage({ origin, hasStdio }: HomePageProps) {
	const url = `${origin}/mcp`;
	const viaMcpRemote = { mcpServers: { "remote-mcp-server": { command: "npx", args: ["-y", "mcp-remote", url] } } };
	return (
		<Layout title="Connect">
			<h1>{SERVER_INFO.title}</h1>
			<p>
				This is a server for AI assistants: it offers them tools over the{" "}
				<a href="https://modelcontextprotocol.io">Model Context Protocol</a>, for the person who signs in. Give your
				assistant one of these addresses; it opens a sign-in page in your browser.
			</p>
			<dl>
				<dt>Streamable HTTP</dt>
				<dd>
					<code>{url}</code>
				</dd>
				<dt>HTTP+SSE (older clients)</dt>
				<dd>
					<code>{`${origin}/sse`}</code>
				</dd>
				{hasStdio && (
					<>
						<dt>The stdio server</dt>
						<dd>
							<code>{`${origin}/stdio/mcp`}</code>
						</dd>
					</>
				)}
			</dl>

			<h2>Tools</h2>
			<table>
				<tbody>
					{tools.map((tool) => (
						<tr>
							<td>
								<code>{tool.name}</code>
							</td>
							<td>
								{tool.description}
								{tool.requires && (
									<span class="muted">
										{" "}
										Needs the permission <code>{tool.requires}</code>.
									</span>
								)}
							</td>
						</tr>
					))}
				</tbody>
			</table>

			<h2>Claude Code</h2>
			<pre>{`claude mcp add --transport http remote-mcp-server ${url}`}</pre>
			<h2>Claude Desktop, Cursor, Windsurf and other clients that run a command</h2>
			<pre>{JSON.stringify(viaMcpRemote, null, 2)}</pre>
			<h2>VS Code</h2>
			<pre>{`code --add-mcp '${JSON.stringify({ name: "remote-mcp-server", type: "http", url })}'`}</pre>
			<h2>MCP Inspector</h2>
			<pre>{`npx @modelcontextprotocol/inspector --transport http --server-url ${url}`}</pre>
			<p>Switch the server on, sign in, and open its tools.</p>
		</Layout>
	);
}
