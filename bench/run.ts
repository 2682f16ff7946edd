/**
 * Calls `add` on this server, in both its ways, and on the usual templates (stock.ts, stock-stateless.ts), side by side
 * on this machine: `npm run bench`. They take turns, so that whatever else the machine does hits all.
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

const SESSIONS = "2025-11-25";
const STATELESS = "2026-07-28";

type Target = { name: string; port: number; args: string[]; versions: string[] };
/** The last is what the others are compared with. */
const TARGETS: Target[] = [
	{ name: "this server", port: 8798, args: [], versions: [SESSIONS, STATELESS] },
	{
		name: "stock createMcpHandler",
		port: 8800,
		args: ["-c", "bench/stock-stateless.jsonc"],
		versions: [STATELESS],
	},
	{ name: "stock McpAgent.serve", port: 8799, args: ["-c", "bench/stock.jsonc"], versions: [SESSIONS] },
];
const INITIALIZE = {
	method: "initialize",
	params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } },
};

type Call = () => Promise<void>;

async function connect(origin: string, version: string): Promise<Call> {
	const { access_token } = await new OAuthClient(fetch as Fetch, origin).signIn();
	const headers: Record<string, string> = {
		Authorization: `Bearer ${access_token}`,
		Accept: "application/json, text/event-stream",
		"Content-Type": "application/json",
		"MCP-Protocol-Version": version,
	};
	let id = 0;
	const post = async (message: object) => {
		id += 1;
		const body = JSON.stringify({ jsonrpc: "2.0", id, ...message });
		const response = await fetch(`${origin}/mcp`, { method: "POST", headers, body });
		return { response, text: await response.text() };
	};
	let _meta = {};
	if (version === SESSIONS) {
		const { response } = await post(INITIALIZE);
		headers["Mcp-Session-Id"] = response.headers.get("Mcp-Session-Id") ?? "";
	} else {
		const name = "io.modelcontextprotocol";
		const clientInfo = { name: "bench", version: "1" };
		_meta = {
			[`${name}/protocolVersion`]: version,
			[`${name}/clientInfo`]: clientInfo,
			[`${name}/clientCapabilities`]: {},
		};
		Object.assign(headers, { "Mcp-Method": "tools/call", "Mcp-Name": "add" });
	}
	return async () => {
		const params = { name: "add", arguments: { a: 20, b: 22 }, _meta };
		const { text } = await post({ method: "tools/call", params });
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
async function start({ name, port, args }: Target): Promise<string> {
	const origin = `http://localhost:${port}`;
	const flags = [...args, "--port", String(port), "--persist-to", join(folder, name), "--log-level", "error"];
	const child = spawn(process.execPath, ["src/start.ts", ...flags], { stdio: ["ignore", "ignore", "inherit"] });
	children.push(child);
	while (!(await fetch(origin).catch(() => undefined))) {
		if (child.exitCode !== null) throw new Error(`${name} did not start`);
		await delay(200);
	}
	return origin;
}

try {
	const lanes: { name: string; call: Call; rates: number[] }[] = [];
	for (const target of TARGETS) {
		const origin = await start(target);
		for (const version of target.versions) {
			lanes.push({ name: `${target.name}, ${version}`, call: await connect(origin, version), rates: [] });
		}
	}
	for (const concurrency of CONCURRENCY) {
		for (const { call } of lanes) await measure(call, concurrency);
		for (const lane of lanes) lane.rates = [];
		for (let round = 0; round < ROUNDS; round++) {
			for (const { call, rates } of lanes) rates.push(await measure(call, concurrency));
		}
		const compared = median(lanes.at(-1)?.rates ?? []);
		for (const { name, rates } of lanes) {
			const rate = median(rates);
			const latency = ((concurrency / rate) * 1000).toFixed(1);
			const ratio = (rate / compared).toFixed(2);
			console.log(`${name}, ${concurrency} at once: ${rate.toFixed(0)} calls/s, ${latency} ms, ${ratio}×`);
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
