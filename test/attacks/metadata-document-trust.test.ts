/** Metadata document trust: an app that borrows the good name of a domain which did not publish its document. */
import { expect, it } from "vitest";
import { REDIRECTOR } from "../support/client-documents.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { type Fetch, Person, readText } from "../support/person.ts";
import { workerWith } from "../support/settings.ts";
import { LOCAL } from "../support/worker.ts";

const EDITOR = "https://editor.example/client.json";
const TRUSTING = { CLIENT_METADATA_DOCUMENTS: "on", CLIENT_METADATA_POLICY: "allow:editor.example, deny:*" };

async function open(clientId: string, redirectUri: string, via: Fetch = workerWith(TRUSTING)) {
	const { url } = await new OAuthClient(via, LOCAL).authorizationUrl(clientId, { redirectUri });
	const response = await new Person(via).get(url);
	return { response, text: readText(await response.text()) };
}

it("a redirect of a trusted domain does not make another domain's document trusted", async () => {
	const { response, text } = await open(REDIRECTOR, "https://evil.example/callback");
	expect(response.status).toBe(400);
	expect(text).toContain("editor.example sends this server to another address instead");
	expect(text).not.toContain("evil.example");
	expect((await open(EDITOR, "https://editor.example/callback")).response.status).toBe(200);
});

it.each([
	"https://editor.example.evil.example/client.json",
	"https://evil-editor.example/client.json",
	"https://xn--editr-jua.example/client.json",
	"https://evil.example/editor.example/client.json",
	"https://evil.example\\@editor.example/client.json",
])("an address that looks like a trusted one is another's: %s", async (clientId) => {
	const { response, text } = await open(clientId, "https://editor.example/callback");
	expect(response.status).toBe(403);
	expect(text).toContain("does not accept apps that are published by");
});
