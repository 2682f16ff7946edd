import { describe, expect, it } from "vitest";
import { PROVIDERS } from "../support/identity/cases.ts";
import { isClientUrl, ORIGIN, Scene } from "../support/identity/server.ts";
import { fillIn, readText } from "../support/person.ts";

describe.each(PROVIDERS)("a person who signs in with $title", (provider) => {
	it("is who the provider says, under an id that never changes", async () => {
		const scene = await Scene.open(provider);
		const first = await scene.propsOf((await scene.signIn()).access_token);
		const statedAt = expect.any(Number);
		expect(first?.user).toEqual({
			id: `${provider.name}-${provider.subject(scene.login)}`,
			provider: provider.name,
			login: provider.login(scene.login),
			name: `Name of ${scene.login}`,
			email: `${scene.login}@example.com`,
			emailVerified: provider.isEmailVerified,
			isLoginUnique: provider.name === "github",
			permissions: [],
			membership:
				provider.isEmailVerified && provider.name !== "google" ? { domain: "example.com", statedAt } : { statedAt },
		});
		const again = await scene.propsOf((await scene.signIn()).access_token);
		expect(again?.user.id).toBe(first?.user.id);
	});

	it("sees the app in their account, where they sign in the same way", async () => {
		const scene = await Scene.open(provider);
		await scene.signIn({ clientName: "The connected app" });
		const account = `${ORIGIN}/account`;
		const person = scene.person();
		const start = `${account}?redirect_uri=${encodeURIComponent(account)}`;
		const { url } = await person.walk(start, { login: scene.login });
		expect(url.href).toBe(account);
		const page = await (await person.get(account)).text();
		expect(page).toContain("The connected app");
		expect(readText(page)).toContain(`You are signed in as Name of ${scene.login} with ${provider.title}`);
		expect(await (await scene.person().get(account)).text()).not.toContain("The connected app");
	});

	it("and declines there, lets the client know", async () => {
		const scene = await Scene.open(provider);
		const end = await scene.authorize({ declines: true });
		expect(isClientUrl(end)).toBe(true);
		expect(Object.fromEntries(end.searchParams)).toMatchObject({
			error: "access_denied",
			state: "client-state",
			iss: ORIGIN,
		});
		expect(end.searchParams.has("code")).toBe(false);
		expect(await scene.requests()).toEqual([]);
	});

	it("and comes back with a state that is not theirs, gets a page that says how to start again", async () => {
		const scene = await Scene.open(provider);
		const client = scene.client();
		const { url } = await client.authorizationUrl(await client.register());
		const alterCallback = (callback: URL) => callback.searchParams.set("state", "made-up");
		const { response } = await scene.person().walk(url, { login: scene.login, alterCallback });
		expect(response?.status).toBe(400);
		expect(readText((await response?.text()) ?? "")).toContain("connect again");
		expect(await scene.requests()).toEqual([]);
	});

	it("and brings a made-up code, is let in nowhere", async () => {
		const scene = await Scene.open(provider);
		const alterCallback = (callback: URL) => callback.searchParams.set("code", "made-up");
		const end = await scene.authorize({ alterCallback });
		expect(end.searchParams.has("code")).toBe(false);
		expect(end.searchParams.get("error")).toMatch(/^(access_denied|temporarily_unavailable)$/);
	});
});

describe.each(PROVIDERS)("the way to $title", (provider) => {
	async function authorizationRequest(): Promise<URL> {
		const scene = await Scene.open(provider);
		const client = scene.client();
		const { url } = await client.authorizationUrl(await client.register());
		const person = scene.person();
		const { fields } = fillIn(await (await person.get(url)).text(), {});
		const response = await person.post(`${ORIGIN}/authorize`, fields);
		return new URL(response.headers.get("Location") ?? "");
	}

	it("carries a state, and a challenge or a nonce that binds the answer to this sign-in", async () => {
		const { searchParams } = await authorizationRequest();
		expect(searchParams.get("redirect_uri")).toBe(`${ORIGIN}/callback`);
		expect(searchParams.get("response_type")).toBe("code");
		expect(searchParams.get("state")).toBeTruthy();
		expect(searchParams.get("code_challenge_method") ?? searchParams.get("nonce")).toBeTruthy();
		expect(searchParams.has("nonce")).toBe(provider.isOpenId);
	});

	it("carries no secret, and is another one each time", async () => {
		const [one, other] = [await authorizationRequest(), await authorizationRequest()];
		expect(one.search).not.toContain("secret");
		expect(one.searchParams.get("state")).not.toBe(other.searchParams.get("state"));
	});
});
