/** Servers of other authors: what they say of themselves through the door is what they say when they are asked directly. */
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it } from "vitest";
import { appOf } from "../stdio/app.ts";
import { useStdio } from "../stdio/door.ts";
import { readMessages } from "../support/wire.ts";

const MODULES = join(import.meta.dirname, "../../node_modules");
const SERVERS: Record<string, readonly string[]> = {
	filesystem: ["@modelcontextprotocol/server-filesystem/dist/index.js", join(import.meta.dirname, "../stdio/children")],
	memory: ["@modelcontextprotocol/server-memory/dist/index.js"],
	thinking: ["@modelcontextprotocol/server-sequential-thinking/dist/index.js"],
	drawio: ["@drawio/mcp/src/index.js"],
	chart: ["@antv/mcp-server-chart/build/index.js"],
	// Its SDK is from the time of the version 2024-11-05.
	commands: ["mcp-server-commands/build/index.js"],
};
const LISTS = ["tools", "prompts", "resources"] as const;

/** 2026-07-28 has no tasks of the kind that 2025-11-25 tried out. */
function inStateless({ execution: _, ...item }: { execution?: unknown }): object {
	return item;
}

const fileOf = ([file = "", ...args]: readonly string[]) => [join(MODULES, file), ...args];

/** Each user has the server that is named like them. */
function byUser(): string[] {
	const cases = Object.entries(SERVERS).map(([name, words]) => {
		const quoted = fileOf(words).map((word) => `'${word}'`);
		return `${name}@*) exec "$0" ${quoted.join(" ")};;`;
	});
	return ["sh", "-c", `case $MCP_USER_LOGIN in ${cases.join(" ")} esac`, process.execPath];
}

const stdio = useStdio({ command: byUser() });

/** Asks a server over its own stdin and stdout. */
async function askDirectly(words: readonly string[]) {
	const client = new Client({ name: "raw", version: "1" });
	const args = fileOf(words);
	await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: "ignore" }));
	const capabilities = client.getServerCapabilities() ?? {};
	const lists: Record<string, object[]> = {};
	for (const list of LISTS.filter((one) => one in capabilities)) {
		lists[list] = (await client.request({ method: `${list}/list` }, ResultSchema))[list] as object[];
	}
	const about = { serverInfo: client.getServerVersion(), instructions: client.getInstructions(), capabilities };
	await client.close();
	return { about, lists };
}

describe.concurrent.each(Object.entries(SERVERS))("%s", (name, words) => {
	it("says the same in a session, and without one", async () => {
		const [{ about, lists }, app] = await Promise.all([askDirectly(words), appOf(stdio, `${name}@example.com`)]);
		expect(Object.keys(lists)).toContain("tools");
		const session = await app.open();
		const { serverInfo, instructions, capabilities } = session.opened.result ?? {};
		expect({ serverInfo, instructions, capabilities }).toEqual(about);
		for (const [list, items] of Object.entries(lists)) {
			const inSession = await readMessages(await session.post({ jsonrpc: "2.0", id: 1, method: `${list}/list` }));
			expect(inSession.at(-1)?.result?.[list]).toEqual(items);
			const withoutOne = await readMessages(await app.stateless(`${list}/list`));
			expect(withoutOne.at(-1)?.result?.[list]).toEqual(items.map(inStateless));
		}
		const [discovered] = await readMessages(await app.stateless("server/discover"));
		expect(discovered?.result?.instructions).toEqual(about.instructions);
		expect(Object.keys(Object(discovered?.result?.capabilities))).toEqual(
			expect.arrayContaining(LISTS.filter((list) => list in lists)),
		);
	});
});
