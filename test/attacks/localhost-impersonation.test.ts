/** Localhost impersonation: another program on the user's computer names itself like an app that the user knows. */
import { expect, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person, readText } from "../support/person.ts";
import { workerWith } from "../support/settings.ts";
import { LOCAL } from "../support/worker.ts";

const EDITOR = "https://editor.example/client.json";
const reading = workerWith({ CLIENT_METADATA_DOCUMENTS: "on" });
const client = new OAuthClient(reading, LOCAL);

async function open(by: Person, redirectUri: string) {
	const { url } = await client.authorizationUrl(EDITOR, { redirectUri });
	const response = await by.get(url);
	return { status: response.status, text: readText(await response.text()) };
}

it.each(["http://localhost:4444/callback", "http://127.0.0.1:4444/callback"])(
	"a program that listens at %s gets nothing without a new consent, however often the app itself was allowed",
	async (redirectUri) => {
		const by = new Person(reading);
		const earlier = redirectUri.replace("4444", "33418");
		for (const uri of [earlier, redirectUri]) {
			await by.authorize((await client.authorizationUrl(EDITOR, { redirectUri: uri })).url);
		}
		const { status, text } = await open(by, redirectUri);
		expect(status).toBe(200);
		expect(text).toMatch(new RegExp(`Access goes to\\s+${new URL(redirectUri).host}`));
		expect(text).toContain("Continue only if you just started signing in from it");
		// For the same app on the web, consent is remembered: only its publisher can be there.
		const web = "https://editor.example/callback";
		await by.authorize((await client.authorizationUrl(EDITOR, { redirectUri: web })).url);
		expect((await open(by, web)).status).toBe(302);
	},
);

it("a name that looks like this computer's is another host, and not the app's", async () => {
	const hosts = ["localhost.evil.example", "127.0.0.1.evil.example", "localhost:80@evil.example", "0x7f.evil.example"];
	for (const host of hosts) {
		const { status, text } = await open(new Person(reading), `http://${host}/callback`);
		expect(status, host).toBe(400);
		expect(text).not.toContain("Allow");
	}
	expect((await open(new Person(reading), "http://localhost:4444/callback")).status).toBe(200);
});
