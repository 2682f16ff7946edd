/** The home page as Markdown, for models and for people in a terminal. */
import type { Gated } from "../mcp/gate.ts";
import { clientsOf, type Step } from "./clients.ts";
import { type Home, permissionSentence, shownResources, signInSentence, summaryOf } from "./home-content.ts";

export function homeMarkdown(home: Home): string {
	const { origin, server, signIn, offers, url } = home;
	const { info, catalogue, pages } = server;
	const parts = [
		`# ${info.title}`,
		`> ${summaryOf(info)}`,
		signInSentence(signIn),
		list([
			`Streamable HTTP: ${url}`,
			`HTTP+SSE, for older assistants: ${origin}/sse`,
			...offers.map(({ title, command, path }) => `${title}: ${origin}${path}${command ? ` (\`${command}\`)` : ""}`),
			...pages.map(({ title, path }) => `${title}: ${origin}${path}`),
			...(info.sourceUrl ? [`Source: ${info.sourceUrl}`] : []),
		]),
		items("Tools", catalogue.tools, home),
		items("Resources", shownResources(server), home),
		items("Prompts", catalogue.prompts, home),
		"## Connect an assistant",
		...clientsOf(home).flatMap(({ title, steps }) => [`### ${title}`, ...steps.map(stepText)]),
	];
	return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");

function items(
	title: string,
	all: readonly (Gated & { readonly description: string; readonly summary?: string })[],
	{ server }: Home,
): string {
	if (all.length === 0) return "";
	const lines = all.map(
		(item) => `\`${item.name}\`: ${item.summary ?? item.description}${permissionSentence(item, server)}`,
	);
	return `## ${title}\n\n${list(lines)}`;
}

function stepText({ text, code, link }: Step): string {
	const lines = [text];
	if (link) lines.push(`[${link.label}](${link.href})`);
	if (code) lines.push(`\`\`\`\n${code}\n\`\`\``);
	return lines.join("\n\n");
}
