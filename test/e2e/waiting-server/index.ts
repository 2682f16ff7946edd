/** This server with a few more tools, for tests of what happens in the middle of a call. Everything else is the product's. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { DefinedServer } from "../../../src/mcp/define/server.ts";
import { defineTool } from "../../../src/mcp/define/tool.ts";
import { server as product } from "../../../src/server.ts";
import { createWorker, type Worker } from "../../../src/worker.ts";

export { StdioContainer } from "../../../src/stdio/container.ts";
export { StdioLocal } from "../../../src/stdio/local.ts";

const POLL_MILLISECONDS = 50;
/** More rounds than any test waits. */
const MANY = 1_000_000;

/**
 * How each call of `wait` went, by the name that the test gave it. Users' objects and the Worker share this memory, but one
 * must not await another's promise: hence the polling.
 */
const outcomes = new Map<string, "waiting" | "released" | "finished" | "cancelled">();

const COMMON = {
	scope: "tools",
	annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
} as const;
const input = z.object({ name: z.string() });

const wait = defineTool({
	...COMMON,
	name: "wait",
	long: true,
	title: "Wait",
	description: "Reports progress, once or over and over, and waits until it is released or cancelled.",
	input: input.extend({ isTalkative: z.boolean().default(false) }),
	async run({ name, isTalkative }, { signal, progress }) {
		outcomes.set(name, "waiting");
		// Without a session, the runtime ends what a request does when its client has gone: only listeners hear of it.
		signal.addEventListener("abort", () => outcomes.set(name, "cancelled"));
		for (let round = 1; outcomes.get(name) === "waiting"; round++) {
			if (round === 1 || isTalkative) await progress(round, MANY, "Waiting");
			await delay(POLL_MILLISECONDS);
		}
		if (outcomes.get(name) === "released") outcomes.set(name, "finished");
		return { content: [{ type: "text", text: `${name} is over` }] };
	},
});

const release = defineTool({
	...COMMON,
	name: "release",
	title: "Release",
	description: "Lets a call of wait finish.",
	input,
	async run({ name }) {
		if (outcomes.get(name) === "waiting") outcomes.set(name, "released");
		return { content: [] };
	},
});

const outcome = defineTool({
	...COMMON,
	name: "outcome",
	title: "Outcome",
	description: "Tells how a call of wait went.",
	input,
	async run({ name }) {
		return { content: [{ type: "text", text: outcomes.get(name) ?? "unknown" }] };
	},
});

const { catalogue } = product;
const server: DefinedServer = {
	...product,
	catalogue: { ...catalogue, tools: [...catalogue.tools, wait, release, outcome] },
};

const worker: Worker = createWorker(server);

export class RemoteMcp extends worker.RemoteMcp {}

export default worker.handler;
