/** The official conformance suite of the protocol, run as its users run it, and its results as data. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { npmProgram } from "../e2e/command.ts";

/** Several scenarios wait for what may never come; each has 30 seconds. */
const SUITE_MILLISECONDS = 300_000;

/** The revisions for which the suite says what must pass. */
export type Revision = "2025-11-25" | "2026-07-28";

/** Which server scenarios to run: what a revision requires, or all that the suite holds to be ready. */
export type ServerScenarios = { requirements: Revision } | { suite: "active" };

export type AuthorizationOptions = {
	/** The issuer. */
	url: string;
	clientId: string;
	/** The client's redirect URI is `http://127.0.0.1:<port>/callback`. */
	port: number;
	resource?: string;
};

export type Check = { readonly id: string; readonly name: string; readonly message: string };

export type Scenario = {
	readonly name: string;
	/** Whether the revision requires it; true for every scenario of a run without a revision. */
	readonly isScored: boolean;
	readonly passed: readonly Check[];
	/** A scenario that broke off and wrote no checks has failed. */
	readonly failed: readonly Check[];
	/** What the protocol recommends, and the server does otherwise. */
	readonly warnings: readonly Check[];
	/** What the suite could not look at. */
	readonly skipped: readonly Check[];
};

export type SuiteResult = {
	/** 0, if nothing that is scored failed. */
	readonly exitCode: number | null;
	readonly printed: string;
	readonly scenarios: readonly Scenario[];
};

export type SuiteRun = {
	/** What it printed so far. */
	printed(): string;
	readonly finished: Promise<SuiteResult>;
	/** Ends a run that has not ended by itself, and waits until it is gone. */
	stop(): Promise<void>;
};

const checksSchema = z.array(
	z.object({
		id: z.string(),
		name: z.string(),
		description: z.string(),
		status: z.enum(["SUCCESS", "FAILURE", "WARNING", "SKIPPED", "INFO"]),
		errorMessage: z.string().optional(),
	}),
);

/** Runs server scenarios against a URL that needs no sign-in. */
export async function runServerSuite(url: string, which: ServerScenarios): Promise<SuiteResult> {
	const flags = Object.entries(which).map(([flag, value]) => `--${flag}=${value}`);
	const run = await startSuite(["server", "--url", url, ...flags]);
	return run.finished;
}

/** Runs the authorization server scenarios; it prints the URL at which somebody has to sign in. */
export async function startAuthorizationSuite(options: AuthorizationOptions): Promise<SuiteRun> {
	const flags = ["--url", options.url, "--client-id", options.clientId, "-p", String(options.port)];
	if (options.resource !== undefined) flags.push("--resource", options.resource);
	return startSuite(["authorization", ...flags]);
}

/** The scenarios of a result in which something failed, and why: what a test compares with nothing. */
export function failuresOf({ scenarios }: SuiteResult): Record<string, string[]> {
	const failed = scenarios.filter((scenario) => scenario.failed.length > 0);
	return Object.fromEntries(
		failed.map((scenario) => [scenario.name, scenario.failed.map(({ id, message }) => `${id}: ${message}`)]),
	);
}

async function startSuite(args: readonly string[]): Promise<SuiteRun> {
	const results = await mkdtemp(join(tmpdir(), "conformance-"));
	const { child, printed, closed } = spawnSuite([...args, "--output-dir", results]);
	const finish = async (): Promise<SuiteResult> => {
		try {
			const exitCode = await closed;
			return { exitCode, printed: printed(), scenarios: await readScenarios(results, printed()) };
		} finally {
			await rm(results, { recursive: true, force: true });
		}
	};
	const finished = finish();
	return {
		printed,
		finished,
		async stop() {
			child.kill("SIGKILL");
			await finished.catch(() => {});
		},
	};
}

/** Starts the suite's program. A test run that is broken off takes it along. */
export function spawnSuite(args: readonly string[]) {
	const child = spawn(process.execPath, [npmProgram("conformance"), ...args], {
		stdio: ["ignore", "pipe", "pipe"],
		timeout: SUITE_MILLISECONDS,
		killSignal: "SIGKILL",
	});
	let printed = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += chunk));
	const kill = () => child.kill("SIGKILL");
	process.once("exit", kill);
	const close = async () => {
		await once(child, "close").finally(() => process.off("exit", kill));
		if (child.signalCode) throw new Error(`The suite ended by ${child.signalCode}. It printed:\n${printed}`);
		return child.exitCode;
	};
	return { child, printed: () => printed, closed: close() };
}

/** Puts together what the suite wrote, one folder a scenario, and which scenarios it said to have run. */
async function readScenarios(results: string, printed: string): Promise<Scenario[]> {
	const folders = await readdir(results).catch(() => []);
	// The lines "✓ name (reason)" of the part that starts with "Not scored for"; others have numbers, not a reason.
	const notScored = new Set([...printed.matchAll(/^ {2}[✓✗] (\S+) \(/gm)].map(([, name]) => name));
	const names = [...printed.matchAll(/^=== Running scenario: (\S+) ===$/gm)].map(([, name]) => name ?? "");
	if (names.length === 0) throw new Error(`The suite ran nothing. It printed:\n${printed}`);
	return Promise.all(names.map((name) => readScenario(results, folders, name, !notScored.has(name), printed)));
}

async function readScenario(
	results: string,
	folders: readonly string[],
	name: string,
	isScored: boolean,
	printed: string,
): Promise<Scenario> {
	// server-<name>-<time> or authorization-server-<name>-<time>
	const folder = folders.find((one) => one.replace(/-\d{4}-\d\d-\d\dT.*$/, "").replace(/^.*?server-/, "") === name);
	const text = folder && (await readFile(join(results, folder, "checks.json"), "utf8").catch(() => undefined));
	if (!text) {
		const message = printed.match(new RegExp(`^Failed to run scenario ${name}: .*`, "m"))?.[0] ?? "It wrote no checks";
		const failed = [{ id: name, name, message }];
		return { name, isScored, passed: [], failed, warnings: [], skipped: [] };
	}
	const checks = checksSchema.parse(JSON.parse(text));
	const having = (status: (typeof checks)[number]["status"]): Check[] =>
		checks
			.filter((check) => check.status === status)
			.map((check) => ({ id: check.id, name: check.name, message: check.errorMessage ?? check.description }));
	return {
		name,
		isScored,
		passed: having("SUCCESS"),
		failed: having("FAILURE"),
		warnings: having("WARNING"),
		skipped: having("SKIPPED"),
	};
}
