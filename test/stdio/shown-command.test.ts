import { expect, it } from "vitest";
import { shownCommand } from "../../src/stdio/shown-command.ts";

it.each([
	["npx -y @modelcontextprotocol/server-everything", "npx -y @modelcontextprotocol/server-everything"],
	["npx @scope/server@1.2.3", "npx @scope/server@1.2.3"],
	["uvx mcp-server-fetch", "uvx mcp-server-fetch"],
	["python3 -m my_server", "python3 -m my_server"],
	["node ./server.js", "node ./server.js"],
	["node node_modules/@scope/server/index.js stdio", "node node_modules/@scope/server/index.js …"],
	["docker run -i --rm ghcr.io/org/server:1.2", "docker run -i --rm ghcr.io/org/server:1.2"],
	["uv run server.py", "uv run server.py"],
	["docker run -i --rm mcp/fetch", "docker run -i --rm mcp/fetch"],
	["/usr/local/bin/my-server", "my-server"],
	["'C:\\Program Files\\nodejs\\npx.cmd' -y server", "npx.cmd -y server"],
	["my-server", "my-server"],
])("shows %s", (command, shown) => {
	expect(shownCommand(command)).toBe(shown);
	expect(shownCommand(shown)).toBe(shown);
});

it.each([
	["my-server hunter2", "my-server …"],
	["my-server --api-key hunter2", "my-server …"],
	["env API_KEY=hunter2 npx -y server", "env …"],
	["sh -c 'API_KEY=hunter2 npx -y server'", "sh …"],
	["npx -y server hunter2", "npx -y server …"],
	["npx -y server --api-key=hunter2", "npx -y server …"],
	["npx --registry=https://u:hunter2@r.example server", "npx …"],
	["npx --token hunter2 server", "npx …"],
	["npx -y https://u:hunter2@git.example/server", "npx -y …"],
	["uvx --from git+https://hunter2@git.example/x server", "uvx …"],
	["python -c 'key=\"hunter2\"'", "python …"],
	["docker run -i --rm -e API_KEY=hunter2 mcp/fetch", "docker run -i --rm …"],
	["npx -y mcp-server-postgres postgresql://u:hunter2@db/x", "npx -y mcp-server-postgres …"],
	["npx 'hunter2", "…"],
])("leaves out what may be a key: %s", (command, shown) => {
	expect(shownCommand(command)).toBe(shown);
	expect(shownCommand(shown)).toBe(shown);
});

it("takes words as they are", () => {
	expect(shownCommand(["npx", "-y", "server", "two words"])).toBe("npx -y server …");
});

it.each(["", "   "])("shows nothing of nothing", (command) => {
	expect(shownCommand(command)).toBeUndefined();
});
