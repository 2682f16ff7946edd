/**
 * Starts the server of STDIO_COMMAND once, while the image is built, so that npx or uvx have it in their caches. A server
 * that does not start is no reason to stop: it may need a key that is not here yet.
 */
import { Client } from "@modelcontextprotocol/client";
import { startChild } from "./child.ts";
import { ChildTransport } from "./child-transport.ts";
import { childEnvironment } from "./environment.ts";
import { log, messageOf } from "./log.ts";
import { readOptions } from "./options.ts";

const DOWNLOAD_MILLISECONDS = 5 * 60_000;
const NOBODY = { id: "warm-up", login: "", permissions: "", clientId: "" };

if (process.env.STDIO_COMMAND) {
	try {
		const { command } = readOptions([], process.env);
		const child = startChild(command, childEnvironment(process.env, NOBODY), NOBODY.id);
		if (typeof child === "string") throw new Error(child);
		try {
			const client = new Client({ name: "warm-up", version: "1.0.0" });
			await client.connect(new ChildTransport(child), { timeout: DOWNLOAD_MILLISECONDS });
			console.log("The MCP server answers.");
		} finally {
			await child.end();
		}
	} catch (error) {
		log("warm_up_error", { message: messageOf(error) });
	}
}
