/** The conformance suite, asked of a server directly and of the same server over stdio behind the Worker. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startSignedInProxy, type TokenProxy } from "../conformance/proxy.ts";
import { runServerSuite, type Scenario, type SuiteResult } from "../conformance/suite.ts";
import { findFreePort, isListening, type RunningServer, startServer, waitFor } from "../e2e/server.ts";
import { EVERYTHING } from "../stdio/processes.ts";

const START_MILLISECONDS = 20_000;
const REQUIREMENTS = { requirements: "2025-11-25" } as const;

let direct: ChildProcess | undefined;
let server: RunningServer | undefined;
let proxy: TokenProxy | undefined;
let results: { direct: SuiteResult; through: SuiteResult };

beforeAll(async () => {
	const port = await findFreePort();
	direct = startDirect(port);
	// The suite opens a session for each scenario, and ends none.
	const env = { STDIO_MAX_CHILDREN: "100", STDIO_MAX_CHILDREN_PER_USER: "100" };
	server = await startServer({ script: "start:stdio", command: EVERYTHING, env });
	proxy = await startSignedInProxy(server.origin, "/stdio/mcp");
	await waitFor("the server to listen", () => isListening(port), START_MILLISECONDS);
	results = {
		direct: await runServerSuite(`http://127.0.0.1:${port}/mcp`, REQUIREMENTS),
		through: await runServerSuite(proxy.url, REQUIREMENTS),
	};
});

afterAll(async () => {
	await proxy?.close();
	await server?.stop();
	if (direct?.exitCode === null && direct.signalCode === null) {
		direct.kill("SIGKILL");
		await once(direct, "close");
	}
	process.off("exit", killDirect);
});

/** The reference server, speaking HTTP itself. */
function startDirect(port: number): ChildProcess {
	const [node = "", script = ""] = EVERYTHING;
	process.once("exit", killDirect);
	return spawn(node, [script, "streamableHttp"], { env: { ...process.env, PORT: String(port) }, stdio: "ignore" });
}

function killDirect(): void {
	direct?.kill("SIGKILL");
}

const isPassed = ({ passed, failed }: Scenario) => passed.length > 0 && failed.length === 0;

/** Each check by its scenario, with what the suite says about it. */
function checksOf({ scenarios }: SuiteResult, status: "passed" | "failed"): Map<string, string> {
	return new Map(
		scenarios.flatMap((scenario) =>
			scenario[status].map(({ id, message }) => [`${scenario.name}: ${id}`, message] as const),
		),
	);
}

it("passes through /stdio/mcp every scenario that it passes directly", () => {
	const passing = results.direct.scenarios.filter(isPassed).map(({ name }) => name);
	expect(passing).toEqual(
		expect.arrayContaining(["server-initialize", "tools-list", "resources-list", "prompts-list"]),
	);
	const through = results.through.scenarios.filter(isPassed).map(({ name }) => name);
	expect(passing.filter((name) => !through.includes(name))).toEqual([]);
});

it("loses no check on the way", () => {
	const passing = [...checksOf(results.direct, "passed").keys()];
	const through = checksOf(results.through, "passed");
	const failed = checksOf(results.through, "failed");
	const lost = passing.filter((check) => !through.has(check));
	expect(lost.map((check) => `${check}: ${failed.get(check) ?? "was not made"}`)).toEqual([]);
});
