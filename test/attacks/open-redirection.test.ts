/** Open redirection: an authorization request that sends the user, and perhaps a code, to an address of the attacker's. */
import { expect, it } from "vitest";
import { LOCAL, oauthClient, person } from "../support/worker.ts";

const REGISTERED = "https://app.example/callback?kept=1";
const client = oauthClient();

async function open(change: (url: URL) => void) {
	const clientId = await client.register("App on the web", [REGISTERED]);
	const url = new URL((await client.authorizationUrl(clientId, { redirectUri: REGISTERED })).url);
	change(url);
	return person().get(url.href);
}

it.each([
	"https://evil.example/callback?kept=1",
	"https://app.example.evil.example/callback?kept=1",
	"https://app.example@evil.example/callback?kept=1",
	"https://evil.example\\@app.example/callback?kept=1",
	"https://app.example:8443/callback?kept=1",
	"http://app.example/callback?kept=1",
	"https://app.example/callback/../evil?kept=1",
	"https://app.example/callback/deeper?kept=1",
	"https://app.example/callback",
	"https://app.example/callback?kept=1&next=https://evil.example",
	"https://app.example/callback?kept=1#at=https://evil.example",
	"//app.example/callback?kept=1",
	"javascript:alert(1)//app.example/callback?kept=1",
	"data:text/html,<script>alert(1)</script>",
])("nobody is sent to an address that is not the registered one, letter by letter: %s", async (redirectUri) => {
	for (const prompt of ["", "none"]) {
		const response = await open(({ searchParams }) => {
			searchParams.set("redirect_uri", redirectUri);
			if (prompt) searchParams.set("prompt", prompt);
		});
		expect(response.status).toBe(400);
		expect(response.headers.has("Location")).toBe(false);
		expect(await response.text()).not.toContain("evil.example");
	}
	expect((await open(() => {})).status).toBe(200);
});

it("a request that is wrong in another way goes back to the registered address only", async () => {
	const response = await open(({ searchParams }) => searchParams.set("response_type", "token"));
	const location = new URL(response.headers.get("Location") ?? "");
	expect(location.href.startsWith(`${REGISTERED}&error=unsupported_response_type`)).toBe(true);
	expect(location.searchParams.has("code")).toBe(false);
});

it.each(["/sign-in", "/account", "/callback", "/authorize"])(
	"%s sends nobody elsewhere, whatever its address says",
	async (path) => {
		const elsewhere = "https://evil.example/";
		const names = ["redirect_uri", "redirect", "next", "return_to", "url", "state", "provider"];
		for (const name of names) {
			const response = await person().get(`${LOCAL}${path}?${new URLSearchParams({ [name]: elsewhere })}`);
			expect(response.headers.get("Location"), name).toBeNull();
			expect(await response.text()).not.toContain("evil.example");
		}
	},
);
