/**
 * Calls `add` on this server and on the usual template (stock.ts), side by side on this machine: `npm run bench`.
 * Two servers take turns, so that whatever else the machine does hits both.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { OAuthClient } from "../test/support/oauth-client.ts";
import type { Fetch } from "../test/support/person.ts";

const ROUNDS = 5;
const CALLS_A_ROUND = 400;
const CONCURRENCY = [1, 16];

type Target = { name: string; origin: string; args: string[] };
const TARGETS: Target[] = [
	{ name: "this server", origin: "http://localhost:8798", args: ["--port", "8798"] },
	{
		name: "stock McpAgent.serve",
		origin: "http://localhost:8799",
		args: ["--port", "8799", "-c", "bench/stock.jsonc"],
	},
];
const INITIALIZE = {
	method: "initialize",
	params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } },
};

type Call = () => Promise<void>;

async function connect(origin: string): Promise<Call> {
	const { access_token } = await new OAuthClient(fetch as Fetch, origin).signIn();
	const headers: Record<string, string> = {
		Authorization: `Bearer ${access_token}`,
		Accept: "application/json, text/event-stream",
		"Content-Type": "application/json",
	};
	let id = 0;
	const post = async (message: object) => {
		id += 1;
		const body = JSON.stringify({ jsonrpc: "2.0", id, ...message });
		const response = await fetch(`${origin}/mcp`, { method: "POST", headers, body });
		return { response, text: await response.text() };
	};
	const { response } = await post(INITIALIZE);
	headers["Mcp-Session-Id"] = response.headers.get("Mcp-Session-Id") ?? "";
	return async () => {
		const { text } = await post({ method: "tools/call", params: { name: "add", arguments: { a: 20, b: 22 } } });
		if (!text.includes('"sum":42')) throw new Error(`${origin} answered ${text}`);
	};
}

/** Calls a second, with some calls always under way. */
async function measure(call: Call, concurrency: number): Promise<number> {
	let left = CALLS_A_ROUND;
	const start = performance.now();
	const work = async () => {
		while (left-- > 0) await call();
	};
	await Promise.all(Array.from({ length: concurrency }, work));
	return CALLS_A_ROUND / ((performance.now() - start) / 1000);
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const folder = await mkdtemp(join(tmpdir(), "bench-"));
const children: ChildProcess[] = [];

/** One after the other: two that start at once may pick the same inner ports. */
async function start({ name, origin, args }: Target): Promise<void> {
	const flags = [...args, "--persist-to", join(folder, name), "--log-level", "error"];
	const child = spawn(process.execPath, ["src/start.ts", ...flags], { stdio: ["ignore", "ignore", "inherit"] });
	children.push(child);
	while (!(await fetch(origin).catch(() => undefined))) {
		if (child.exitCode !== null) throw new Error(`${name} did not start`);
		await delay(200);
	}
}

try {
	const calls: Call[] = [];
	for (const target of TARGETS) {
		await start(target);
		calls.push(await connect(target.origin));
	}
	for (const concurrency of CONCURRENCY) {
		const results = TARGETS.map((): number[] => []);
		for (const call of calls) await measure(call, concurrency);
		for (let round = 0; round < ROUNDS; round++) {
			for (const [index, call] of calls.entries()) results[index]?.push(await measure(call, concurrency));
		}
		const rates = results.map(median);
		for (const [index, { name }] of TARGETS.entries()) {
			const rate = rates[index] ?? 0;
			const ratio = rate / (rates.at(-1) ?? 1);
			const latency = (concurrency / rate) * 1000;
			console.log(
				`${name}, ${concurrency} at once: ${rate.toFixed(0)} calls/s, ${latency.toFixed(1)} ms, ${ratio.toFixed(2)}×`,
			);
		}
	}
} finally {
	for (const child of children) {
		if (child.exitCode !== null) continue;
		child.kill("SIGTERM");
		await once(child, "exit");
	}
	await rm(folder, { recursive: true, force: true });
}
