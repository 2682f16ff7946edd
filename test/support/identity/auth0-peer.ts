/**
 * @simulacrum/auth0-simulator: Auth0's pages and tokens as its front-end libraries see them. It checks neither PKCE nor
 * the client's secret, knows no permissions, and cannot decline, refuse or rotate; oidc-provider in Auth0's shape
 * shows those.
 */
import type { RequestListener } from "node:http";
import { createRequire } from "node:module";
import { SIMULATED_AUTH0, SIMULATED_PERSON } from "./auth0-person.ts";
import type { Peer } from "./peer.ts";

// Its module build asks jsonwebtoken for a named export that Node does not find: "jwt.sign is not a function".
const { simulation } = createRequire(import.meta.url)(
	"@simulacrum/auth0-simulator",
) as typeof import("@simulacrum/auth0-simulator");

type ExpressApp = RequestListener & { set(setting: string, value: unknown): void };

/** Its own server wants a certificate that this computer trusts. Its app, behind the internet of the tests, needs none. */
export function createAuth0(): Peer {
	let app: ExpressApp | undefined;
	const { warn } = console;
	console.warn = () => {};
	try {
		simulation({
			initialState: { users: [SIMULATED_PERSON] },
			extend: {
				extendRouter(router) {
					app = router as unknown as ExpressApp;
					// It is reached by https, says X-Forwarded-Proto.
					app.set("trust proxy", true);
				},
			},
		});
	} catch (error) {
		if (!(error instanceof Error) || !error.message.includes("self signed certificate")) throw error;
	} finally {
		console.warn = warn;
	}
	if (!app) throw new Error("The Auth0 simulator has no app");
	return { hosts: [SIMULATED_AUTH0], listener: app };
}
