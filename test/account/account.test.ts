/** The account pages, as a browser without JavaScript meets them; and as an attacker does. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { newHold } from "../support/fixture/control.ts";
import { OAuthClient, REDIRECT_URI } from "../support/oauth-client.ts";
import { breakObjects, execute, rowsOf, userOf } from "../support/objects.ts";
import type { Person } from "../support/person.ts";
import { readText } from "../support/person.ts";
import { workerWith } from "../support/settings.ts";
import { stateless } from "../support/stateless.ts";
import {
	askTool,
	fetchWorker,
	INITIALIZE,
	LOCAL,
	mcp,
	oauthClient,
	openSession,
	person,
	signIn,
} from "../support/worker.ts";

const ACCOUNT = `${LOCAL}/account`;

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

/** A browser that is signed in at the account pages. */
async function openAccount(email: string): Promise<Person> {
	const browser = person();
	const { url } = await browser.walk(`${ACCOUNT}?redirect_uri=${encodeURIComponent(ACCOUNT)}`, { email });
	expect(url.href).toBe(ACCOUNT);
	return browser;
}

const textOf = async (browser: Person, url = ACCOUNT) => readText(await (await browser.get(url)).text());
const newEmail = () => `${crypto.randomUUID()}@example.com`;

async function works(token: string): Promise<boolean> {
	const response = await mcp(INITIALIZE, { token });
	await response.text();
	return response.status === 200;
}

describe("a person at /account", () => {
	it("sees their apps, what happened, and the long calls that were made for them", async () => {
		const email = newEmail();
		const { access_token: token } = await signIn({ email, clientName: "Some App" });
		const held = newHold();
		held.release();
		await askTool("hold", { name: held.name, text: "an argument" }, { token, session: await openSession(token) });
		await askTool("echo", { text: "ordinary" }, { token, session: await openSession(token) });
		const text = await textOf(await openAccount(email));
		expect(text).toContain("Some App");
		expect(text).toContain("You signed in and let it in");
		expect(text).toMatch(/Called\s+hold\s*: done/);
		expect(text).not.toContain("echo");
		expect(text).not.toContain("an argument");
	});

	it("without any app reads that there is none, and when they signed in here", async () => {
		const text = await textOf(await openAccount(newEmail()));
		expect(text).toContain("No app uses this server for you.");
		expect(text).toMatch(/This page\s+You signed in/);
	});

	it("sees the domain of an app that describes itself in a document, and that other names prove nothing", async () => {
		const email = newEmail();
		const clientId = "https://editor.example/client.json";
		const client = new OAuthClient(workerWith({ CLIENT_METADATA_DOCUMENTS: "on" }), LOCAL);
		await client.signIn({ email, clientId, redirectUri: "http://localhost/callback" });
		await signIn({ email, clientName: "Example Editor" });
		const text = await textOf(await openAccount(email));
		expect(text).toMatch(/Published by\s+editor\.example/);
		expect(text).toMatch(/Published by\s+Unknown\. Anyone can use this name/);
	});

	it("disconnects nothing with a form that does not say what", async () => {
		const email = newEmail();
		const { access_token: token } = await signIn({ email });
		expect((await (await openAccount(email)).post(`${ACCOUNT}/disconnect`, [])).status).toBe(400);
		expect(await works(token)).toBe(true);
	});

	it("disconnects one app, or all", async () => {
		const email = newEmail();
		const [one, two, three] = [await signIn({ email }), await signIn({ email }), await signIn({ email })];
		const browser = await openAccount(email);
		const [, grant = ""] = one.access_token.split(":");
		const response = await browser.post(`${ACCOUNT}/disconnect`, [["grant", grant]]);
		expect(response.status).toBe(303);
		expect(await textOf(browser, `${ACCOUNT}?done=one`)).toContain("for up to a minute");
		expect([await works(one.access_token), await works(two.access_token)]).toEqual([false, true]);
		await browser.post(`${ACCOUNT}/disconnect`, [["all", "yes"]]);
		expect([await works(two.access_token), await works(three.access_token)]).toEqual([false, false]);
	});

	it("ends also the access that an app is about to get", async () => {
		const email = newEmail();
		const client = oauthClient();
		const clientId = await client.register();
		const { url, verifier } = await client.authorizationUrl(clientId);
		const code = (await person().authorize(url, { email })).searchParams.get("code") ?? "";
		await (await openAccount(email)).post(`${ACCOUNT}/disconnect`, [["all", "yes"]]);
		const fields = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
		const response = await client.token({ ...fields, client_id: clientId });
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ error: "invalid_grant" });
	});

	it("deletes everything only if they are sure", async () => {
		const email = newEmail();
		const { access_token } = await signIn({ email });
		const user = userOf(access_token);
		await execute(user, "CREATE TABLE things (thing TEXT)");
		await execute(user, "INSERT INTO things VALUES ('mine')");
		const browser = await openAccount(email);
		const refused = await browser.post(`${ACCOUNT}/delete`, []);
		expect(refused.status).toBe(400);
		expect(readText(await refused.text())).toContain("Nothing was deleted");
		expect(await works(access_token)).toBe(true);
		const data = await (await browser.get(`${ACCOUNT}/data`)).json();
		expect(data).toMatchObject({ user: { id: user }, stored: { things: [{ thing: "mine" }] } });
		const deleted = await browser.post(`${ACCOUNT}/delete`, [["sure", "yes"]]);
		expect(readText(await deleted.text())).toContain("Everything is deleted");
		expect(await works(access_token)).toBe(false);
		for (const table of ["things", "grant_records", "user_history"])
			expect(await rowsOf(user, table), table).toEqual([]);
		expect(await textOf(browser)).toContain("Sign in to see which apps");
	});

	it("downloads and deletes their tasks, and stops what they still do", async () => {
		const email = newEmail();
		const { access_token: token } = await signIn({ email });
		const user = userOf(token);
		const held = newHold();
		const capabilities = { extensions: { "io.modelcontextprotocol/tasks": {} } };
		const call = { name: "hold", arguments: { name: held.name } };
		const { headers, message } = stateless("tools/call", call, capabilities);
		expect(await (await mcp(message, { token, headers })).text()).toContain('"resultType":"task"');
		await expect.poll(() => held.state).toBe("waiting");
		const browser = await openAccount(email);
		const data = await (await browser.get(`${ACCOUNT}/data`)).json();
		expect(data).toMatchObject({ stored: { tasks: [{ tool: "hold", status: "working" }] } });
		await browser.post(`${ACCOUNT}/delete`, [["sure", "yes"]]);
		await expect.poll(() => held.state).toBe("aborted");
		for (const table of ["tasks", "user_history"]) expect(await rowsOf(user, table), table).toEqual([]);
	});

	it("signs out", async () => {
		const browser = await openAccount(newEmail());
		await browser.post(`${ACCOUNT}/sign-out`, []);
		expect(await textOf(browser)).toContain("Sign in to see which apps");
	});

	it("has to sign in again after half an hour", async () => {
		const browser = await openAccount(newEmail());
		vi.setSystemTime(Date.now() + 29 * 60 * 1000);
		expect(await textOf(browser)).toContain("You are signed in as");
		vi.setSystemTime(Date.now() + 61 * 1000);
		expect(await textOf(browser)).toContain("Sign in to see which apps");
	});

	it("reads to try again while their object cannot be reached, and nothing is lost", async () => {
		const email = newEmail();
		const { access_token } = await signIn({ email });
		const browser = await openAccount(email);
		vi.spyOn(console, "error").mockImplementation(() => {});
		const objects = breakObjects();
		for (const response of [
			await browser.get(ACCOUNT),
			await browser.post(`${ACCOUNT}/disconnect`, [["all", "yes"]]),
		]) {
			expect(response.status).toBe(503);
			expect(response.headers.get("Retry-After")).toBe("30");
			expect(readText(await response.text())).toContain("Try again in a minute");
		}
		objects.restore();
		vi.restoreAllMocks();
		expect(await textOf(browser)).toContain("You are signed in as");
		expect(await works(access_token)).toBe(true);
	});

	it("reads so if the sign-in did not succeed", async () => {
		expect(await textOf(person(), `${ACCOUNT}?error=access_denied&error_description=Call+us`)).toMatch(
			/did not succeed(?!.*Call us)/,
		);
	});
});

describe("nobody", () => {
	it("sees or ends anything of somebody else", async () => {
		const [victim, attacker] = [newEmail(), newEmail()];
		const { access_token } = await signIn({ email: victim, clientName: "The victim’s app" });
		const browser = await openAccount(attacker);
		const [, grant = ""] = access_token.split(":");
		await browser.post(`${ACCOUNT}/disconnect`, [["grant", grant]]);
		await browser.post(`${ACCOUNT}/disconnect`, [["all", "yes"]]);
		await browser.post(`${ACCOUNT}/delete`, [["sure", "yes"]]);
		expect(await works(access_token)).toBe(true);
		expect(await textOf(await openAccount(victim))).toContain("The victim’s app");
	});

	it("gets in with a cookie that was made up, altered, or is of another origin", async () => {
		const browser = await openAccount(newEmail());
		const cookie = browser.cookiesOf(LOCAL);
		const name = "__Host-account=";
		expect(cookie).toContain(name);
		const [head = "", claims = "", signature = ""] = (cookie.split(name)[1] ?? "").split(".");
		const other = btoa(JSON.stringify({ ...JSON.parse(atob(claims)), sub: "local-victim@example.com" }));
		const none = btoa(JSON.stringify({ alg: "none" }));
		for (const value of ["", "made-up", `${head}.${other}.${signature}`, `${none}.${other}.`]) {
			const response = await fetchWorker(ACCOUNT, { headers: { Cookie: name + value, Accept: "text/html" } });
			expect(await response.text()).toContain("Sign in to see which apps");
		}
		const elsewhere = await fetchWorker("http://127.0.0.1:8788/account", {
			headers: { Cookie: cookie, Accept: "text/html" },
		});
		expect(await elsewhere.text()).toContain("Sign in to see which apps");
	});

	it.each([
		["another site", { Origin: "https://evil.example" }],
		["another page of this computer", { Origin: "http://localhost:9999", "Sec-Fetch-Site": "same-site" }],
		["an unknown page", { Origin: "null", "Sec-Fetch-Site": "cross-site" }],
		["no page at all", {}],
	])("makes a browser disconnect an app from %s", async (_where, headers: Record<string, string>) => {
		const email = newEmail();
		const { access_token } = await signIn({ email });
		const browser = await openAccount(email);
		for (const path of ["disconnect", "delete", "sign-out", "sign-in"]) {
			const response = await fetchWorker(`${ACCOUNT}/${path}`, {
				method: "POST",
				headers: { ...headers, Cookie: browser.cookiesOf(LOCAL), Accept: "text/html" },
				body: new URLSearchParams({ sure: "yes" }),
			});
			expect(response.status, path).toBe(403);
		}
		expect(await works(access_token)).toBe(true);
	});

	it("keeps a page of it in a cache, or shows it in a frame", async () => {
		const response = await (await openAccount(newEmail())).get(ACCOUNT);
		expect(response.headers.get("Cache-Control")).toBe("no-store");
		expect(response.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
	});
});
