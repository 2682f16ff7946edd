/** OAuth authorization URL validation: metadata that would send a user's browser to run something instead of a sign-in. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { OAuthClient, REDIRECT_URI } from "../support/oauth-client.ts";
import { fillIn, Person } from "../support/person.ts";
import { workerWith } from "../support/settings.ts";
import { DEPLOYED } from "../support/worker.ts";

const ISSUER = "https://login.example.org";

afterEach(() => void vi.restoreAllMocks());

/** Where a browser is sent after consent, if the provider's metadata names this address. */
async function sentTo(endpoint: string): Promise<URL> {
	vi.spyOn(console, "error").mockImplementation(() => {});
	const metadata = { issuer: ISSUER, authorization_endpoint: endpoint, token_endpoint: `${ISSUER}/token` };
	vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json(metadata));
	const via = workerWith({ OIDC_ISSUER: ISSUER, OIDC_CLIENT_ID: "id", OIDC_CLIENT_SECRET: "secret" });
	const client = new OAuthClient(via, DEPLOYED);
	const by = new Person(via);
	const { url } = await client.authorizationUrl(await client.register());
	const { action, fields } = fillIn(await (await by.get(url)).text(), {});
	return new URL((await by.post(DEPLOYED + action, fields)).headers.get("Location") ?? "");
}

describe("an identity provider whose metadata names", () => {
	it.each([
		"javascript:alert(document.cookie)//",
		"data:text/html,<script>alert(1)</script>",
		"file:///etc/passwd",
		"http://login.example.org/authorize",
		"vscode://extension/run",
		"login.example.org",
	])("%s as its sign-in page gets no visitor", async (endpoint) => {
		const end = await sentTo(endpoint);
		expect(end.href.startsWith(REDIRECT_URI)).toBe(true);
		expect(end.searchParams.get("error")).toBe("server_error");
		expect((await sentTo(`${ISSUER}/authorize`)).origin).toBe(ISSUER);
	});
});
