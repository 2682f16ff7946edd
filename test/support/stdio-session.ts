/** A session of the stdio server, for tests that need its child and nothing else. */
import { OAuthClient } from "./oauth-client.ts";

const INITIALIZE = {
	jsonrpc: "2.0",
	id: 0,
	method: "initialize",
	params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1.0.0" } },
};

/** Signs somebody in at a server on this computer, and opens one. @returns what the child answers */
export async function openStdioSession(origin: string): Promise<string> {
	const { access_token } = await new OAuthClient((url, init) => fetch(url, init), origin).signIn({ resource: origin });
	const response = await fetch(`${origin}/stdio/mcp`, {
		method: "POST",
		headers: {
			Authorization: `Bearer ${access_token}`,
			Accept: "application/json, text/event-stream",
			"Content-Type": "application/json",
		},
		body: JSON.stringify(INITIALIZE),
	});
	return response.text();
}
