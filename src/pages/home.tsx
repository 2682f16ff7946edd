/** The home page: what this server is, what it offers, and how to connect. */
import type { Offer } from "../mcp/define/extra.ts";
import type { Server, WayInDescription } from "../mcp/definition.ts";
import type { Gated } from "../mcp/gate.ts";
import { Layout } from "./layout.tsx";

type HomePageProps = {
	origin: string;
	server: Server;
	signIn: WayInDescription;
	/** The offers of the extras that the settings turn on. */
	offers: readonly (Offer & { readonly path: string })[];
};

export function HomePage({ origin, server, signIn, offers }: HomePageProps) {
	const url = `${origin}/mcp`;
	const { info, catalogue } = server;
	const { name } = info;
	const { header } = signIn;
	const flag = header ? ` --header "${header.name}: ${header.value}"` : "";
	return (
		<Layout title="Connect">
			<h1>{info.title}</h1>
			<p>
				This is a server for AI assistants: it offers them tools over the{" "}
				<a href="https://modelcontextprotocol.io">Model Context Protocol</a>, for the person who uses them. Give your
				assistant one of these addresses. {signIn.next}
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
				{offers.map(({ title, command, path }) => (
					<>
						<dt>{title}</dt>
						<dd>
							<code>{origin + path}</code>
							{command && (
								<>
									{" "}
									(<code>{command}</code>)
								</>
							)}
						</dd>
					</>
				))}
			</dl>

			{server.pages.map(({ path, title }) => (
				<p>
					<a href={path}>{title}</a>
				</p>
			))}

			<Offers title="Tools" items={catalogue.tools} />
			<Offers title="Resources" items={catalogue.resources.map((one) => ({ ...one, name: one.uri }))} />
			<Offers title="Prompts" items={catalogue.prompts} />

			<h2>Claude Code</h2>
			<pre>{`claude mcp add --transport http ${name} ${url}${flag}`}</pre>
			<h2>Claude Desktop, Cursor, Windsurf and other clients that run a command</h2>
			<pre>{JSON.stringify({ mcpServers: { [name]: viaMcpRemote(url, header) } }, null, 2)}</pre>
			<h2>VS Code</h2>
			<pre>{`code --add-mcp '${JSON.stringify({ name, type: "http", url, ...(header && { headers: { [header.name]: header.value } }) })}'`}</pre>
			<h2>MCP Inspector</h2>
			<pre>{`npx @modelcontextprotocol/inspector --transport http --server-url ${url}${flag}`}</pre>
			<p>
				Turn on the switch beside the server{signIn.callback && ", sign in,"} and open the tools. For protocol version
				2026-07-28, add <code>--protocol-era modern</code>.
			</p>
		</Layout>
	);
}

/** Some clients run a shell that splits arguments at spaces, so the header's value is passed in the environment. */
function viaMcpRemote(url: string, header: WayInDescription["header"]) {
	const args = ["-y", "mcp-remote", url];
	if (!header) return { command: "npx", args };
	return {
		command: "npx",
		args: [...args, "--header", `${header.name}:\${AUTH_HEADER}`],
		env: { AUTH_HEADER: header.value },
	};
}

type OffersProps = { title: string; items: readonly (Gated & { readonly description: string })[] };

/** The table of one kind of catalogue items; nothing if there are none. */
function Offers({ title, items }: OffersProps) {
	if (items.length === 0) return null;
	return (
		<>
			<h2>{title}</h2>
			<table>
				<tbody>
					{items.map(({ name, description, requires }) => (
						<tr>
							<td>
								<code>{name}</code>
							</td>
							<td>
								{description}
								{requires && (
									<span class="muted">
										{" "}
										Needs the permission <code>{requires}</code>.
									</span>
								)}
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</>
	);
}
