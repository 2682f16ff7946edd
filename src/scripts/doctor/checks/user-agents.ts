/** Bot protection in front of a server lets some clients through, and others not. */
import { opening } from "../access.ts";
import { type Check, fault, ok, warning } from "../check.ts";
import { brief, initialize, post } from "../messages.ts";
import type { Answer } from "../target.ts";

const USER_AGENTS = {
	Claude: "Claude-User/1.0 (+https://support.anthropic.com/)",
	"Claude Code": "claude-code/2.1.0 (cli)",
	ChatGPT: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
	"OpenAI's API": "openai-mcp/1.0.0",
	"the Python SDK": "python-httpx/0.28.1",
	"Node.js": "node",
};

function guardOf({ status, headers }: Answer): string {
	if (headers.has("cf-mitigated") || headers.get("Server") === "cloudflare")
		return "On Cloudflare, turn off Block AI bots and Bot Fight Mode for the endpoint.";
	return status === 429 ? "Raise the rate limit." : "Exempt the endpoint from bot protection.";
}

export const userAgents: Check = {
	id: "user-agents",
	title: "Every client is answered alike, whatever it is called",
	async *run(target) {
		const plain = await target.learn(opening);
		const limited: string[] = [];
		const refused: string[] = [];
		let advice = "";
		for (const [client, agent] of Object.entries(USER_AGENTS)) {
			const answer = await post(target, initialize(), { "User-Agent": agent });
			if (answer.status === plain.status) continue;
			(answer.status === 429 ? limited : refused).push(`${client} (${brief(answer)})`);
			advice = guardOf(answer);
		}
		const seen = (clients: string[]) =>
			`${plain.request} answered ${plain.status}, but not to the user agents of ${clients.join(", ")}.`;
		if (refused.length > 0) yield fault(seen(refused), advice, "Claude, ChatGPT, MCP SDKs");
		if (limited.length > 0) yield warning(seen(limited), advice, "Claude, ChatGPT, MCP SDKs");
		if (refused.length + limited.length === 0) yield ok(`${plain.request} answered ${plain.status} to each of them.`);
	},
};
