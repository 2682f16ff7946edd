/** A request of the era without sessions (2026-07-28): it says itself which revision it speaks, and what its client can do. */
const VERSION = "2026-07-28";
const META = "io.modelcontextprotocol";

type Params = Record<string, unknown> & { readonly _meta?: object };

export function stateless(method: string, params: Params = {}, capabilities: object = {}, id = 1) {
	const name = method === "resources/read" ? params.uri : params.name;
	const headers: Record<string, string> = { "MCP-Protocol-Version": VERSION, "Mcp-Method": method };
	if (typeof name === "string") headers["Mcp-Name"] = name;
	const envelope = {
		[`${META}/protocolVersion`]: VERSION,
		[`${META}/clientInfo`]: { name: "test", version: "1" },
		[`${META}/clientCapabilities`]: capabilities,
	};
	const message = { jsonrpc: "2.0", id, method, params: { ...params, _meta: { ...params._meta, ...envelope } } };
	return { headers, message };
}
