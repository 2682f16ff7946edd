/** Starts the identity providers of the tests, and the internet on which they are found; ends them in the end. */
import type { TestProject } from "vitest/node";
import { createAuth0 } from "./auth0-peer.ts";
import { Clients } from "./clients.ts";
import { GITHUB_APIS, startGitHub } from "./github-peers.ts";
import { listen } from "./http.ts";
import { type Route, startInternet } from "./internet.ts";
import { SigningKeys } from "./keys.ts";
import { createOidcPeers } from "./oidc-peers.ts";
import { createOwnApi } from "./own-api.ts";
import { createStandInPeers } from "./stand-in-peers.ts";

declare module "vitest" {
	interface ProvidedContext {
		internetPort: number;
	}
}

/** Where the Worker of the tests is, as the providers know it. */
const REDIRECT_URI = "https://mcp.example.com/callback";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const clients = new Clients();
	const keys = await SigningKeys.make();
	const options = { clients, keys, redirectUri: REDIRECT_URI };
	const gitHub = await startGitHub(options);
	const routes = new Map<string, Route>();
	const closers = [() => gitHub.api.ensureClose()];
	for (const { hosts, ownHost, listener } of [
		...createOidcPeers(options),
		...createStandInPeers(options),
		gitHub.web,
		createAuth0(),
		createOwnApi(),
	]) {
		const { port, close } = await listen(listener);
		closers.push(close);
		for (const host of hosts) routes.set(host, { port, host: ownHost ?? host });
	}
	const address = gitHub.api.server.address();
	if (typeof address !== "object" || !address) throw new Error("The GitHub API simulator does not listen");
	for (const host of GITHUB_APIS) routes.set(host, { port: address.port, host: "api.github.com" });
	const internet = await startInternet(routes, clients, keys);
	project.provide("internetPort", internet.port);
	return async () => {
		await internet.close();
		await Promise.all(closers.map((close) => close()));
	};
}
