import { z } from "zod";
import { UserError } from "../errors.ts";
import { defineTool } from "../mcp/define/tool.ts";
import type { Upstream } from "../mcp/define/upstream.ts";
import { lineIcon } from "../pages/line-icon.ts";

export const whoami = defineTool({
	name: "whoami",
	title: "Who am I?",
	summary: "Shows who you are to this server, and what you may do.",
	icon: lineIcon('<circle cx="12" cy="8" r="4"/><path d="M4 21a8 8 0 0 1 16 0"/>'),
	description:
		"Tells who is signed in to this server: name, login, email address, identity provider and permissions. For GitHub and Cloudflare also what the account's own API says now.",
	scope: "identity",
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
	input: z.object({}),
	output: z.object({
		id: z.string().describe("Stable user id on this server"),
		provider: z.string().describe("The identity provider the user signed in with"),
		login: z.string(),
		name: z.string(),
		email: z.string().optional(),
		permissions: z.array(z.string()),
		scopes: z.array(z.string()).describe("What this connection may do"),
		account: z.looseObject({}).optional().describe("The user as the provider's API shows them now"),
	}),
	example: {},
	async run(_args, { user, permissions, scopes, upstream, signal }) {
		const { id, provider, login, name, email } = user;
		const account = upstream?.userPath && (await readAccount(upstream, upstream.userPath, signal));
		const also = permissions.length > 0 ? `Permissions: ${permissions.join(", ")}.` : "No special permissions.";
		return {
			content: [{ type: "text", text: `Signed in as ${name} (${login}) with ${provider}. ${also}` }],
			structured: {
				id,
				provider,
				login,
				name,
				email,
				permissions: [...permissions],
				scopes: [...scopes],
				...(account && { account }),
			},
		};
	},
});

async function readAccount(upstream: Upstream, path: string, signal: AbortSignal): Promise<Record<string, unknown>> {
	const response = await upstream.fetch(path, { headers: { Accept: "application/json" }, signal });
	const body = z.looseObject({}).safeParse(await response.json().catch(() => undefined));
	if (!response.ok || !body.success) {
		throw new UserError(`${upstream.title} did not say who you are. Try again in a minute.`);
	}
	return body.data;
}
