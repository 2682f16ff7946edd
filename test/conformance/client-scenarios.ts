/** The client scenarios of the conformance suite, run with the client of the playground. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { runNpmProgram } from "../e2e/command.ts";
import { type Revision, spawnSuite } from "./suite.ts";

const CLIENT = `${process.execPath} ${import.meta.dirname}/playground-client.ts`;
/** For a program that signs in a few times, on a busy machine. */
const CLIENT_MILLISECONDS = 60_000;
/** Each scenario starts two programs. */
const AT_ONCE = 3;

/** The client scenarios that a revision requires. */
export async function listClientScenarios(revision: Revision): Promise<string[]> {
	const { result } = runNpmProgram("conformance", ["list", "--requirements", revision], {});
	const [, clients = ""] = (await result).split("Client scenarios (test against a client):");
	const [required = ""] = clients.split("Run and reported");
	return [...required.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name ?? "");
}

/** Runs scenarios, and says of those that fail what the suite found. */
export async function runClientScenarios(scenarios: readonly string[], revision: Revision) {
	const failures: Record<string, string> = {};
	const waiting = [...scenarios];
	const work = async () => {
		for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) {
			const failure = await runClientScenario(scenario, revision);
			if (failure !== undefined) failures[scenario] = failure;
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	return failures;
}

async function runClientScenario(scenario: string, revision: Revision): Promise<string | undefined> {
	const results = await mkdtemp(join(tmpdir(), "conformance-"));
	const which = ["--scenario", scenario, "--spec-version", revision, "--timeout", String(CLIENT_MILLISECONDS)];
	const { printed, closed } = spawnSuite(["client", ...which, "--command", CLIENT, "--output-dir", results]);
	try {
		if ((await closed) === 0) return undefined;
		const text = stripVTControlCharacters(printed());
		return text.slice(Math.max(0, text.indexOf("Test Results:")));
	} finally {
		await rm(results, { recursive: true, force: true });
	}
}
