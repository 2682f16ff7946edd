import { describe, expect, it } from "vitest";
import { SIMULATED_AUTH0, SIMULATED_PERSON } from "../support/identity/auth0-person.ts";
import { caseOf } from "../support/identity/cases.ts";
import { ORIGIN, Scene } from "../support/identity/server.ts";
import { REDIRECT_URI, type Tokens } from "../support/oauth-client.ts";
import { fillIn } from "../support/person.ts";

const AUTH0 = `https://${SIMULATED_AUTH0}`;

/** Signs in as the simulator's page does, whose script is auth0.js. */
async function signIn(scene: Scene): Promise<Tokens & { client_id: string }> {
	const by = scene.person();
	const client = scene.client();
	const clientId = await client.register();
	const { url, verifier } = await client.authorizationUrl(clientId);
	const consent = fillIn(await (await by.get(url)).text(), {});
	const toAuth0 = (await by.post(ORIGIN + consent.action, consent.fields)).headers.get("Location") ?? "";
	const toPage = (await by.get(toAuth0)).headers.get("Location") ?? "";
	const { searchParams } = new URL(toPage, AUTH0);
	const page = await by.get(AUTH0 + toPage);
	expect(await page.text()).toContain("Email address");
	const { email, password } = SIMULATED_PERSON;
	const answered = await by.post(`${AUTH0}/usernamepassword/login`, [
		...searchParams,
		["client_id", searchParams.get("client") ?? ""],
		["username", email],
		["password", password],
	]);
	const hidden = fillIn(await answered.text(), {});
	const back = (await by.post(AUTH0 + hidden.action, hidden.fields)).headers.get("Location") ?? "";
	const end = new URL((await by.get(back)).headers.get("Location") ?? "");
	const code = end.searchParams.get("code") ?? "";
	const fields = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
	const response = await client.token({ ...fields, client_id: clientId });
	return { ...((await response.json()) as Tokens), client_id: clientId };
}

describe("Auth0, as its simulator shows it,", () => {
	it("signs a person in, and refreshes their tokens", async () => {
		const settings = { AUTH0_DOMAIN: SIMULATED_AUTH0 };
		const scene = await Scene.open(caseOf("auth0"), { expiresIn: 100 }, settings);
		const tokens = await signIn(scene);
		const before = await scene.propsOf(tokens.access_token);
		expect(before?.user).toEqual({
			id: "auth0-auth0|simulated",
			provider: "auth0",
			login: SIMULATED_PERSON.email,
			name: SIMULATED_PERSON.name,
			email: SIMULATED_PERSON.email,
			emailVerified: true,
			isLoginUnique: false,
			permissions: [],
			membership: { domain: SIMULATED_PERSON.email.split("@")[1], statedAt: expect.any(Number) },
		});
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(200);
		const refreshed: Tokens = await response.json();
		const after = await scene.propsOf(refreshed.access_token);
		expect(after?.user).toEqual(before?.user);
		expect(after?.upstream?.refreshToken).toBeTruthy();
		expect(await scene.refreshes()).toHaveLength(1);
	});
});
