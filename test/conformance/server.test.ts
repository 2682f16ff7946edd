/** The conformance suite: server scenarios of both revisions at one URL, and those of authorization servers. */
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import { readAuthorizationUrl } from "../e2e/command.ts";
import { findFreePort, type RunningServer, startServer } from "../e2e/server.ts";
import { fetchOverHttp, signInAndReturn } from "../e2e/sign-in.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { startSignedInProxy, type TokenProxy } from "./proxy.ts";
import { failuresOf, type Revision, runServerSuite, type SuiteResult, startAuthorizationSuite } from "./suite.ts";

const FIXTURE_CONFIG = "test/conformance/worker/wrangler.jsonc";

type Expected = {
	readonly revision: Revision;
	readonly scored: number;
	readonly notScored: number;
	/** The scenarios that are not scored and fail, and why. */
	readonly failing: Readonly<Record<string, string>>;
	/** The scenarios that are not scored, and in which the suite looked at nothing. */
	readonly unseen: readonly string[];
};

const EXPECTED: readonly Expected[] = [
	{ revision: "2025-11-25", scored: 30, notScored: 3, failing: {}, unseen: ["server-sse-polling"] },
	{
		revision: "2026-07-28",
		scored: 37,
		notScored: 13,
		failing: {},
		unseen: ["tasks-status-notifications"],
	},
];

let server: RunningServer;
let proxy: TokenProxy;

beforeAll(async () => {
	// The suite looks at metadata documents, which a server on this computer reads only if it is told to.
	server = await startServer({ flags: ["--config", FIXTURE_CONFIG, "--var", "CLIENT_METADATA_DOCUMENTS:on"] });
	proxy = await startSignedInProxy(server.origin);
});

afterAll(async () => {
	await proxy?.close();
	await server?.stop();
});

it("runs the fixture with the product's settings", () => {
	expect(settingsOf(FIXTURE_CONFIG)).toEqual(settingsOf("wrangler.jsonc"));
});

it.each(EXPECTED)("passes everything that $revision scores", async ({ revision, ...expected }) => {
	const result = await runServerSuite(proxy.url, { requirements: revision });
	const scored = result.scenarios.filter(({ isScored }) => isScored);
	expectNoFailure({ ...result, scenarios: scored });
	expect(scored).toHaveLength(expected.scored);
	expect(scored.flatMap(({ warnings }) => warnings)).toEqual([]);
	const notScored = result.scenarios.filter(({ isScored }) => !isScored);
	expect(notScored).toHaveLength(expected.notScored);
	const failing = Object.keys(failuresOf({ ...result, scenarios: notScored }));
	expect(failing.sort()).toEqual(Object.keys(expected.failing));
	const unseen = notScored.filter(({ name, passed }) => passed.length === 0 && !failing.includes(name));
	expect(unseen.map(({ name }) => name)).toEqual(expected.unseen);
	const skills = notScored.filter(({ name }) => name.startsWith("sep-2640-"));
	expect(skills.flatMap(({ warnings, skipped }) => [...warnings, ...skipped])).toEqual([]);
});

it("passes all that the suite holds to be ready", async () => {
	expectNoFailure(await runServerSuite(proxy.url, { suite: "active" }));
});

it("passes the authorization server scenarios, with a person who consents and signs in", async () => {
	const { origin } = server;
	const port = await findFreePort();
	const redirectUri = `http://127.0.0.1:${port}/callback`;
	const clientId = await new OAuthClient(fetchOverHttp, origin).register("Conformance suite", [redirectUri]);
	const run = await startAuthorizationSuite({ url: origin, clientId, port, resource: `${origin}/mcp` });
	try {
		const signedIn = readAuthorizationUrl(run.printed).then((url) => signInAndReturn(url));
		const [result] = await Promise.all([run.finished, signedIn]);
		expect(failuresOf(result)).toEqual({});
		// A scenario that is skipped has not failed either.
		expect(result.scenarios.map(({ name, passed }) => [name, passed.map(({ id }) => id)])).toEqual([
			[
				"authorization-server-metadata-endpoint",
				["authorization-server-metadata", "authorization-server-metadata-cimd"],
			],
			["authorization-code-grant", ["authorization-code-grant"]],
		]);
		expect(result.exitCode).toBe(0);
	} finally {
		await run.stop();
	}
});

function expectNoFailure(result: SuiteResult): void {
	expect(failuresOf(result)).toEqual({});
	// A scenario that could not look has no failures either.
	expect(result.scenarios.filter(({ passed }) => passed.length === 0)).toEqual([]);
	expect(result.exitCode).toBe(0);
}

/** What a Wrangler configuration says, but for which Worker it is of. */
function settingsOf(config: string) {
	const path = join(import.meta.dirname, "../..", config);
	const settings = unstable_readConfig({ config: path });
	const directory = resolve(dirname(path), settings.assets?.directory ?? "");
	const assets = { ...settings.assets, directory };
	return { ...settings, assets, configPath: "", userConfigPath: "", topLevelName: "", name: "", main: "" };
}
