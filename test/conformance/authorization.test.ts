/** The authorization server scenarios of the conformance suite, with a person who consents and signs in. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { readAuthorizationUrl } from "../e2e/command.ts";
import { findFreePort, type RunningServer, startServer } from "../e2e/server.ts";
import { fetchOverHttp, signInAndReturn } from "../e2e/sign-in.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { failuresOf, startAuthorizationSuite } from "./suite.ts";

let server: RunningServer;

beforeAll(async () => {
	// The suite looks at metadata documents, which a server on this computer reads only if it is told to.
	server = await startServer({ flags: ["--var", "CLIENT_METADATA_DOCUMENTS:on"] });
});

afterAll(async () => {
	await server?.stop();
});

it("passes the authorization server scenarios", async () => {
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
