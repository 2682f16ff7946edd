/**
 * Starts the server of STDIO_COMMAND once while the image is built, so that npx or uvx cache it. If the server does not
 * start, the build goes on: the server may need a key that is not set yet.
 */
import { startChild } from "./child.ts";
import { MAX_MESSAGE_BYTES } from "./contract.ts";
import { childEnvironment } from "./environment.ts";
import { log } from "./log.ts";
import { readOptions } from "./options.ts";

const DOWNLOAD_MILLISECONDS = 5 * 60_000;
const NOBODY = { id: "warm-up", login: "", permissions: "" };
const INITIALIZE = {
	jsonrpc: "2.0",
	id: 0,
	method: "initialize",
	params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "warm-up", version: "1.0.0" } },
};

if (process.env.STDIO_COMMAND) {
	const { command } = readOptions([], process.env);
	const child = startChild(command, childEnvironment(process.env, NOBODY), NOBODY.id, MAX_MESSAGE_BYTES);
	const failure = typeof child === "string" ? child : await firstAnswer(child);
	if (failure === undefined) console.log("The MCP server answers.");
	else log("warm_up_error", { message: failure });
	if (typeof child !== "string") await child.end();
}

/** @returns why there was no answer; undefined if there was one */
async function firstAnswer(child: Exclude<ReturnType<typeof startChild>, string>): Promise<string | undefined> {
	const { promise, resolve } = Promise.withResolvers<string | undefined>();
	const timer = setTimeout(() => resolve("It did not answer in time."), DOWNLOAD_MILLISECONDS);
	child.onmessage = (text) => JSON.parse(text).id === INITIALIZE.id && resolve(undefined);
	child.onend = resolve;
	child.send(JSON.stringify(INITIALIZE), () => {});
	return promise.finally(() => clearTimeout(timer));
}
