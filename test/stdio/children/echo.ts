/** Answers whatever it is asked with the user it belongs to, after the lines that it is told to write. Nothing ends it. */
export {};

const TEXT = JSON.stringify({ env: { MCP_USER_LOGIN: process.env.MCP_USER_LOGIN } });

function read(line: string): void {
	const message: unknown = JSON.parse(line);
	const { id, method, params } = Object(message);
	if (method === undefined || id === undefined) return;
	const lines: unknown = params?.arguments?.lines;
	for (const one of Array.isArray(lines) ? lines : []) console.log(String(one).replaceAll("$ID", JSON.stringify(id)));
	const serverInfo = { name: "echo", version: "1" };
	const capabilities = { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} };
	const opened = { protocolVersion: "2025-11-25", capabilities, serverInfo };
	const result = method === "initialize" ? opened : { content: [{ type: "text", text: TEXT }] };
	console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
}

let begun = "";
process.stdin.setEncoding("utf8").on("data", (chunk) => {
	const lines = `${begun}${chunk}`.split("\n");
	begun = lines.pop() ?? "";
	for (const line of lines) {
		try {
			read(line);
		} catch (error) {
			console.error(error);
		}
	}
});
