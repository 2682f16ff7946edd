import { z } from "zod";
import { PERMISSIONS } from "../scopes.ts";
import { defineTool } from "./define.ts";

export const whoami = defineTool({
	name: "whoami",
	title: "Who am I",
	description: "Tells who is signed in to this server: name, login, e-mail address, identity provider and permissions.",
	scope: "identity",
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	input: z.object({}),
	output: z.object({
		id: z.string().describe("Stable user id on this server"),
		provider: z.string().describe("The identity provider the user signed in with"),
		login: z.string(),
		name: z.string(),
		email: z.string().optional(),
		permissions: z.array(z.enum(PERMISSIONS)),
		scopes: z.array(z.string()).describe("What this connection may do"),
	}),
	async run(_args, { user, permissions, scopes }) {
		const { id, provider, login, name, email } = user;
		const structured = { id, provider, login, name, email, permissions: [...permissions], scopes: [...scopes] };
		const also = permissions.length > 0 ? `Permissions: ${permissions.join(", ")}.` : "No special permissions.";
		return {
			content: [{ type: "text", text: `Signed in as ${name} (${login}) with ${provider}. ${also}` }],
			structured,
		};
	},
});
