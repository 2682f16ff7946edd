import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { OAuthClient, type SignInOptions } from "../support/oauth-client.ts";
import { type Fetch, fillIn, Person, readText } from "../support/person.ts";
import { workerWith } from "../support/settings.ts";
import { fetchWorker, INITIALIZE, LOCAL, mcp } from "../support/worker.ts";

const CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback";
const CURSOR_WEB = "https://www.cursor.com/agents/mcp/oauth/callback";
const CURSOR_LOOPBACK = "http://localhost:8787/callback";
const LISTED = "com.example.app:/callback";

const listing = workerWith({ PRIVATE_USE_REDIRECT_URIS: `${LISTED}, example-app://done?from=mcp` });
const readingDocuments = workerWith({ CLIENT_METADATA_DOCUMENTS: "on" });

function askToRegister(redirectUris: unknown, via: Fetch = fetchWorker, more = {}): Promise<Response> {
	return via(`${LOCAL}/register`, {
		method: "POST",
		body: JSON.stringify({ redirect_uris: redirectUris, token_endpoint_auth_method: "none", ...more }),
		headers: { "Content-Type": "application/json" },
	});
}

/** A client that is registered with an acceptable redirect URI beside others. */
async function register(redirectUris: string[], via: Fetch = fetchWorker): Promise<string> {
	return new OAuthClient(via, LOCAL).register("Cursor", redirectUris);
}

async function open(clientId: string, options: SignInOptions, by: Person, via: Fetch = fetchWorker) {
	const { url } = await new OAuthClient(via, LOCAL).authorizationUrl(clientId, options);
	const response = await by.get(url);
	const html = await response.text();
	return { response, html, text: readText(html) };
}

describe("Cursor's callbacks", () => {
	const combinations = [
		[CURSOR],
		[CURSOR_WEB],
		[CURSOR_LOOPBACK],
		[CURSOR, CURSOR_WEB],
		[CURSOR, CURSOR_LOOPBACK],
		[CURSOR_WEB, CURSOR_LOOPBACK],
		[CURSOR, CURSOR_WEB, CURSOR_LOOPBACK],
	];

	it.each(combinations)("can be registered, and each signs in: %s %s %s", async (...given) => {
		const redirectUris = given.filter((uri) => uri !== undefined);
		const client = new OAuthClient(fetchWorker, LOCAL);
		const clientId = await register(redirectUris);
		for (const redirectUri of redirectUris) {
			const { access_token } = await client.signIn({ clientId, redirectUri });
			const opened = await mcp(INITIALIZE, { token: access_token });
			expect(opened.status).toBe(200);
			await opened.body?.cancel();
		}
	});

	it("that was denied hears so", async () => {
		const { url } = await new OAuthClient(fetchWorker, LOCAL).authorizationUrl(await register([CURSOR]), {
			redirectUri: CURSOR,
		});
		const end = await new Person(fetchWorker).authorize(url, { decision: "deny" });
		expect(end.href).toMatch(/^cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback\?error=access_denied/);
	});

	it("needs PKCE, of a client with a secret too", async () => {
		for (const method of ["none", "client_secret_basic"]) {
			const answer = await askToRegister([CURSOR], fetchWorker, { token_endpoint_auth_method: method });
			const { client_id } = (await answer.json()) as { client_id: string };
			const { url } = await new OAuthClient(fetchWorker, LOCAL).authorizationUrl(client_id, { redirectUri: CURSOR });
			const changed = new URL(url);
			changed.searchParams.set("code_challenge_method", "plain");
			const plain = await new Person(fetchWorker).get(changed.href);
			expect(plain.headers.get("Location")).toContain(`${CURSOR}?error=invalid_request`);
			changed.searchParams.delete("code_challenge_method");
			changed.searchParams.delete("code_challenge");
			const none = await new Person(fetchWorker).get(changed.href);
			expect(none.headers.get("Location")).toContain(`${CURSOR}?error=invalid_request`);
			expect((await new Person(fetchWorker).get(url)).status).toBe(200);
		}
	});

	it.each(["https://native.example/client.json", "https://mixed.example/client.json"])(
		"works for the client of the metadata document %s",
		async (clientId) => {
			const client = new OAuthClient(readingDocuments, LOCAL);
			expect((await client.signIn({ clientId, redirectUri: CURSOR })).access_token).toBeTruthy();
			const elsewhere = await open(
				clientId,
				{ redirectUri: "evil://app/callback" },
				new Person(readingDocuments),
				readingDocuments,
			);
			expect(elsewhere.response.status).toBe(400);
			expect(elsewhere.response.headers.has("Location")).toBe(false);
		},
	);
});

describe("the consent page", () => {
	it("says which app on this device gets access", async () => {
		const { text } = await open(await register([CURSOR]), { redirectUri: CURSOR }, new Person(fetchWorker));
		expect(text).toMatch(/Access goes to\s+cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback/);
		expect(text).toContain("the app that opens cursor: links on this device");
		expect(text).not.toContain("remembered");
	});

	it.each([CURSOR, CURSOR_LOOPBACK])("is shown each time for %s, and one click is enough", async (redirectUri) => {
		const clientId = await register([CURSOR, CURSOR_WEB, CURSOR_LOOPBACK]);
		const by = new Person(fetchWorker);
		for (let time = 0; time < 2; time++) {
			const { response, html } = await open(clientId, { redirectUri }, by);
			expect(response.status).toBe(200);
			expect(
				parse(html)
					.querySelectorAll("input[name=scope]")
					.every((box) => box.hasAttribute("checked")),
			).toBe(true);
			expect((await by.post(`${LOCAL}/authorize`, fillIn(html, {}).fields)).status).toBe(302);
		}
	});

	it("is remembered for a callback on the web", async () => {
		const clientId = await register([CURSOR, CURSOR_WEB, CURSOR_LOOPBACK]);
		const by = new Person(fetchWorker);
		const { html, text } = await open(clientId, { redirectUri: CURSOR_WEB }, by);
		expect(text).toContain("remembered in this browser for 30 days");
		await by.post(`${LOCAL}/authorize`, fillIn(html, {}).fields);
		expect((await open(clientId, { redirectUri: CURSOR_WEB }, by)).response.status).toBe(302);
	});
});

/** Nobody's, or not written as it is listed. */
const REFUSED = [
	"evil://anysphere.cursor-mcp/oauth/callback",
	"CURSOR://anysphere.cursor-mcp/oauth/callback",
	"cursor://Anysphere.cursor-mcp/oauth/callback",
	"cursor://anysphere.cursor-mcp.evil/oauth/callback",
	"cursor://anysphere.cursor-mcp./oauth/callback",
	"cursor://anysphere.cursor-mcp/oauth/callback/",
	"cursor://anysphere.cursor-mcp/oauth/callback?next=evil",
	"cursor://anysphere.cursor-mcp/oauth/./callback",
	"cursor://anysphere.cursor-mcp/oauth%2Fcallback",
	"cursor://anysphere.cursor-mcp:1/oauth/callback",
	"cursor:/anysphere.cursor-mcp/oauth/callback",
	"cursors://anysphere.cursor-mcp/oauth/callback",
	"intent://anysphere.cursor-mcp/oauth/callback",
	"view-source:https://app.example/callback",
	"about:blank",
	"ftp://app.example/callback",
	"ws://app.example/callback",
	"urn:ietf:wg:oauth:2.0:oob",
	"http://app.example/callback",
	LISTED,
];
/** Not even beside another. */
const DANGEROUS = [
	"javascript:alert(1)",
	"JavaScript:alert(1)",
	"data:text/html,x",
	"file:///etc/passwd",
	"vbscript:x",
	"cursor://user@anysphere.cursor-mcp/oauth/callback",
	"cursor://anysphere.cursor-mcp/oauth/callback#x",
	"cursor://anysphere.cursor-mcp/oauth/callback#",
	" cursor://anysphere.cursor-mcp/oauth/callback",
	"callback",
	"",
];

describe("any other app's callback", () => {
	it.each([...REFUSED, ...DANGEROUS])("cannot be registered alone: %j", async (uri) => {
		const response = await askToRegister([uri]);
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({
			error: "invalid_redirect_uri",
		});
	});

	it("is told which ones can", async () => {
		const refusal = (await (await askToRegister(["evil://app/callback"])).json()) as Record<string, string>;
		expect(refusal.error).toBe("invalid_redirect_uri");
		expect(refusal.error_description).toMatch(/https.*loopback.*PRIVATE_USE_REDIRECT_URIS/);
	});

	it.each(REFUSED)("does not spoil a registration, and gets nothing: %j", async (uri) => {
		const clientId = await register([uri, CURSOR_LOOPBACK]);
		const { response, text } = await open(clientId, { redirectUri: uri }, new Person(fetchWorker));
		expect(response.status).toBe(400);
		expect(response.headers.has("Location")).toBe(false);
		expect(text).toContain("That did not work");
		const other = await open(clientId, { redirectUri: CURSOR_LOOPBACK }, new Person(fetchWorker));
		expect(other.response.status).toBe(200);
	});

	it.each(DANGEROUS)("spoils a registration if it is dangerous or no URI: %j", async (uri) => {
		const response = await askToRegister([uri, CURSOR_LOOPBACK]);
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ error: "invalid_redirect_uri" });
	});

	it("gets no error either, and however its name is written", async () => {
		const uri = "evil://app/callback";
		const clientId = await register([uri, CURSOR_LOOPBACK]);
		const { url } = await new OAuthClient(fetchWorker, LOCAL).authorizationUrl(clientId, {
			redirectUri: uri,
			resource: "https://elsewhere.example/",
		});
		const hidden = url.replace(
			"redirect_uri=",
			`redirect%5Furi=${encodeURIComponent(uri)}&redirect_uri=${CURSOR_LOOPBACK}&x=`,
		);
		const emptyFirst = url.replace("redirect_uri=", "redirect_uri=&redirect_uri=");
		for (const address of [url, hidden, emptyFirst]) {
			const response = await new Person(fetchWorker).get(address);
			expect(response.status).toBe(400);
			expect(response.headers.has("Location")).toBe(false);
		}
	});

	it("leads to a page that names the setting, where that would help", async () => {
		const clientId = await register(["evil://app/callback", "intent://app/callback", CURSOR_LOOPBACK]);
		const by = new Person(fetchWorker);
		const unlisted = await open(clientId, { redirectUri: "evil://app/callback" }, by);
		expect(unlisted.text).toContain("wants access sent to evil: links");
		expect(unlisted.text).toContain("PRIVATE_USE_REDIRECT_URIS: evil://app/callback");
		const never = await open(clientId, { redirectUri: "intent://app/callback" }, by);
		expect(never.text).not.toContain("PRIVATE_USE_REDIRECT_URIS");
	});
});

describe("an app's callback that the setting lists", () => {
	it.each([LISTED, "example-app://done?from=mcp", CURSOR])("signs in: %s", async (redirectUri) => {
		const clientId = await register([redirectUri], listing);
		const { access_token } = await new OAuthClient(listing, LOCAL).signIn({ clientId, redirectUri });
		expect(access_token).toBeTruthy();
	});

	it("is listed to the letter", async () => {
		for (const uri of ["com.example.app:/callback/", "com.example.app:/callback?x", "COM.example.app:/callback"]) {
			expect((await askToRegister([uri], listing)).status).toBe(400);
		}
	});
});

it("a registration without redirect URIs is refused", async () => {
	for (const uris of [undefined, null, "", [], [CURSOR_LOOPBACK, ""], CURSOR]) {
		expect((await askToRegister(uris)).status).toBe(400);
	}
});
