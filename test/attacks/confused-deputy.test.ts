/**
 * Confused deputy: this server is one client to its identity provider, whichever app asks. The provider has let it in
 * before, and asks nobody again. An attacker's app tries to get a code without this server's own consent page.
 */
import { expect, it } from "vitest";
import { caseOf } from "../support/identity/cases.ts";
import { ORIGIN, Scene } from "../support/identity/server.ts";
import { fillIn, type Person, readText } from "../support/person.ts";

const APP = { clientName: "Nice app", redirectUri: "https://app.example/callback" };
/** Under the same name. */
const EVIL = { ...APP, redirectUri: "https://evil.example/callback" };

async function linkOf(scene: Scene, { clientName, redirectUri }: typeof APP): Promise<string> {
	const client = scene.client();
	const clientId = await client.register(clientName, [redirectUri]);
	return (await client.authorizationUrl(clientId, { redirectUri })).url;
}

/** Presses Allow. @returns the way to the provider */
async function allow(by: Person, link: string): Promise<string> {
	const { action, fields } = fillIn(await (await by.get(link)).text(), {});
	return (await by.post(ORIGIN + action, fields)).headers.get("Location") ?? "";
}

/** Signs in at the provider. @returns the callback that the browser is sent to */
async function signInAt(by: Person, provider: string, login: string): Promise<string> {
	const { action, fields } = fillIn(await (await by.get(provider)).text(), { login });
	return (await by.post(new URL(action, provider).href, fields)).headers.get("Location") ?? "";
}

it("an app that the user did not allow is asked about, though another of that name was allowed", async () => {
	const scene = await Scene.open(caseOf("github"));
	const by = scene.person();
	const link = await linkOf(scene, APP);
	await by.authorize(link, { login: scene.login });
	const before = await scene.requests();
	const evil = await by.get(await linkOf(scene, EVIL));
	expect(evil.status).toBe(200);
	expect(readText(await evil.text())).toMatch(/Access goes to\s+evil\.example/);
	expect(await scene.requests()).toEqual(before);
	// The app that was allowed goes straight on.
	expect((await by.get(link)).headers.get("Location")).toMatch(/^https:\/\/github\.com\//);
});

it("a way to the provider that an attacker opened gives the attacker nothing in a victim's browser", async () => {
	const scene = await Scene.open(caseOf("github"));
	const [attacker, victim] = [scene.person(), scene.person()];
	const callback = await signInAt(victim, await allow(attacker, await linkOf(scene, EVIL)), scene.login);
	const response = await victim.get(callback);
	expect(response.status).toBe(400);
	expect(response.headers.has("Location")).toBe(false);
	expect(await scene.requests()).toEqual([]);
	// In the browser where the consent was given, the same callback goes on.
	expect((await attacker.get(callback)).headers.get("Location")).toMatch(/^https:\/\/evil\.example\/callback\?code=/);
});

it("a browser is bound to a sign-in only when its user has allowed the app, for ten minutes, by a cookie for this host", async () => {
	const scene = await Scene.open(caseOf("github"));
	const by = scene.person();
	const page = await by.get(await linkOf(scene, APP));
	const { action, fields } = fillIn(await page.text(), {});
	const allowed = await by.post(ORIGIN + action, fields);
	const binding = ({ headers }: Response) => headers.getSetCookie().filter((cookie) => cookie.includes("upstream"));
	expect(binding(page)).toEqual([]);
	expect(binding(allowed)).toEqual([
		expect.stringMatching(/^__Host-[^;]*; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/),
	]);
});
