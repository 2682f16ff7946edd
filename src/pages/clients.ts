/** How to connect each client to this server: steps with exact configuration, for the pages and for Markdown. */
import type { WayInDescription } from "../mcp/definition.ts";

export type Step = {
	/** What to do, as one sentence; `backticks` enclose names. */
	readonly text: string;
	/** What to paste. */
	readonly code?: string;
	/** A link that does it with one click. */
	readonly link?: { readonly href: string; readonly label: string };
};

export type Client = {
	/** The end of the ids in the page. */
	readonly id: (typeof CLIENT_IDS)[number];
	readonly title: string;
	readonly steps: readonly Step[];
};

/** In the order in which the page shows them. */
export const CLIENT_IDS = [
	"claude",
	"claude-code",
	"chatgpt",
	"cursor",
	"vs-code",
	"codex",
	"windsurf",
	"inspector",
	"others",
] as const;

type Address = {
	/** The name of the server in a client's configuration. */
	readonly name: string;
	/** The address of Streamable HTTP. */
	readonly url: string;
	/** The header with which clients authenticate, if they do not sign in. */
	readonly header: WayInDescription["header"];
	/** Whether the server is on the user's own computer, which services on the internet cannot reach. */
	readonly isLocal: boolean;
};

/** The name of the environment variable in which programs keep an API key. */
const KEY_VARIABLE = "MCP_API_KEY";

export function clientsOf(address: Address): readonly Client[] {
	const { name, url, header, isLocal } = address;
	const headers = header && { headers: { [header.name]: header.value } };
	const flag = header ? ` --header "${header.name}: ${header.value}"` : "";
	const remote = json({ mcpServers: { [name]: viaMcpRemote(url, header) } });
	const vsCode = { type: "http", url, ...headers };
	const cursor = { url, ...headers };
	const isReachable = !isLocal && !header;
	return [
		{
			id: "claude",
			title: "Claude",
			steps: isReachable
				? [
						{ text: "On claude.ai or in Claude Desktop, open `Settings`, then `Connectors`." },
						{ text: "Choose `Add custom connector`, and enter this address:", code: url },
					]
				: [
						{
							text: isLocal
								? "claude.ai cannot reach a server on your computer, but Claude Desktop can. Open `Settings`, `Developer`, `Edit Config`, and add:"
								: "claude.ai cannot send an API key, but Claude Desktop can. Open `Settings`, `Developer`, `Edit Config`, and add:",
							code: remote,
						},
						{ text: "Restart Claude Desktop." },
					],
		},
		{
			id: "claude-code",
			title: "Claude Code",
			steps: [
				{ text: "In a terminal, run:", code: `claude mcp add --transport http ${name} ${url}${flag}` },
				...(header ? [] : [{ text: "In Claude Code, enter `/mcp` and choose `Authenticate`." }]),
			],
		},
		{
			id: "chatgpt",
			title: "ChatGPT",
			steps: isReachable
				? [
						{ text: "Turn on `Settings`, `Apps`, `Advanced settings`, `Developer mode`." },
						{ text: "Choose `Create app` with the authentication `OAuth` and this address:", code: url },
					]
				: [
						{
							text: isLocal
								? "ChatGPT cannot reach a server on your computer: deploy this server first, and open its home page."
								: "ChatGPT cannot send an API key. It needs a server with sign-in.",
						},
					],
		},
		{
			id: "cursor",
			title: "Cursor",
			steps: [
				{
					text: "Install it with one click:",
					link: {
						href: `cursor://anysphere.cursor-deeplink/mcp/install?${new URLSearchParams({ name, config: btoa(JSON.stringify(cursor)) })}`,
						label: "Add to Cursor",
					},
				},
				{ text: "Or add this to `~/.cursor/mcp.json`:", code: json({ mcpServers: { [name]: cursor } }) },
				...(header ? [] : [{ text: "In Cursor’s MCP settings, choose `Needs login` beside the server." }]),
			],
		},
		{
			id: "vs-code",
			title: "VS Code",
			steps: [
				{
					text: "Install it with one click:",
					link: {
						href: `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name, ...vsCode }))}`,
						label: "Add to VS Code",
					},
				},
				{ text: "Or add this to `.vscode/mcp.json`:", code: json({ servers: { [name]: vsCode } }) },
				{ text: "Or, in a terminal, run:", code: `code --add-mcp '${JSON.stringify({ name, ...vsCode })}'` },
			],
		},
		{
			id: "codex",
			title: "Codex",
			steps: [
				...(header ? [{ text: `Put your API key into the environment variable \`${KEY_VARIABLE}\`.` }] : []),
				{
					text: header ? "In a terminal, run:" : "In a terminal, run this command, which opens the sign-in page:",
					code: `codex mcp add ${name} --url ${url}${header ? ` --bearer-token-env-var ${KEY_VARIABLE}` : ""}`,
				},
			],
		},
		{
			id: "windsurf",
			title: "Windsurf",
			steps: [
				{
					text: "Add this to `~/.codeium/windsurf/mcp_config.json`:",
					code: json({ mcpServers: { [name]: { serverUrl: url, ...headers } } }),
				},
			],
		},
		{
			id: "inspector",
			title: "MCP Inspector",
			steps: [
				{
					text: "To try the tools by hand, run:",
					code: `npx @modelcontextprotocol/inspector --transport http --server-url ${url}${flag}`,
				},
				{
					text: `Turn on the switch beside the server${header ? "" : ", sign in,"} and open the tools. For protocol version 2026-07-28, add \`--protocol-era modern\`.`,
				},
			],
		},
		{
			id: "others",
			title: "Other assistants",
			steps: [
				{ text: "If the assistant takes an address, give it this one:", code: url },
				{ text: "If it runs a command, such as an older Claude Desktop, add this to its configuration:", code: remote },
			],
		},
	];
}

const json = (value: unknown) => JSON.stringify(value, null, 2);

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
