import { describe, expect, it } from "vitest";
import type { JwtFault } from "../support/identity/behaviour.ts";
import { PROVIDERS } from "../support/identity/cases.ts";
import { isClientUrl, Scene } from "../support/identity/server.ts";

const HOUR = 3600;
const now = () => Math.floor(Date.now() / 1000);

const FAULTS: [what: string, fault: JwtFault][] = [
	["of another sign-in (nonce)", { claims: { nonce: "of another sign-in" } }],
	["without a nonce", { claims: { nonce: null } }],
	["for another client (audience)", { claims: { aud: "another-client" } }],
	["for other clients too, and this one not authorized", { claims: { aud: ["a", "b"], azp: "a" } }],
	["of another issuer", { claims: { iss: "https://evil.example" } }],
	["that has expired", { claims: { iat: now() - 2 * HOUR, exp: now() - HOUR } }],
	["with a signature that is not the provider's", { isForged: true }],
	["of nobody", { claims: { sub: null } }],
	["that is missing", { isMissing: true }],
];

const OPENID_PROVIDERS = PROVIDERS.filter(({ isOpenId }) => isOpenId);

describe.each(OPENID_PROVIDERS)("an ID token of $title", (provider) => {
	it.each(FAULTS)("%s lets nobody in", async (_what, idToken) => {
		const scene = await Scene.open(provider, { idToken });
		const end = await scene.authorize();
		expect(isClientUrl(end)).toBe(true);
		expect(end.searchParams.get("error")).toBe("server_error");
		expect(end.searchParams.has("code")).toBe(false);
	});

	it("that is signed again by the provider, unchanged, lets people in: the faults above are what is refused", async () => {
		const scene = await Scene.open(provider, { idToken: {} });
		expect((await scene.authorize()).searchParams.has("code")).toBe(true);
	});

	it.each<[string, JwtFault]>([
		["with a signature that is not the provider's", { isForged: true }],
		["of another issuer", { claims: { iss: "https://evil.example" } }],
		["for another client", { claims: { aud: "another-client" } }],
		["of another person", { claims: { sub: "somebody-else" } }],
	])("%s that comes with a refresh is not believed, and ends nothing", async (_what, idToken) => {
		const scene = await Scene.open(provider, { expiresIn: 100 });
		const tokens = await scene.signIn();
		await scene.behave({ expiresIn: 100, idToken });
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(503);
		expect(await scene.propsOf(tokens.access_token)).toBeDefined();
	});
});

const ISSUING = PROVIDERS.filter(({ isOpenId, name }) => isOpenId || name === "github");

describe.each(ISSUING)("a callback from $title", (provider) => {
	it("in the name of another issuer is refused before its code is used (RFC 9207)", async () => {
		const scene = await Scene.open(provider);
		const alterCallback = (callback: URL) => callback.searchParams.set("iss", "https://evil.example");
		const end = await scene.authorize({ alterCallback });
		expect(end.searchParams.get("error")).toBe("server_error");
		expect(await scene.requests()).toEqual([]);
	});
});
