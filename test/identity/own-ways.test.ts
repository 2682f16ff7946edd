/** What is one provider's own. */
import { describe, expect, it } from "vitest";
import { caseOf } from "../support/identity/cases.ts";
import { ORIGIN, Scene } from "../support/identity/server.ts";
import { fillIn } from "../support/person.ts";

async function authorizationRequest(scene: Scene): Promise<URL> {
	const client = scene.client();
	const by = scene.person();
	const { url } = await client.authorizationUrl(await client.register());
	const response = await by.post(`${ORIGIN}/authorize`, fillIn(await (await by.get(url)).text(), {}).fields);
	return new URL(response.headers.get("Location") ?? "");
}

describe("Google", () => {
	const google = caseOf("google");
	const settings = { HOSTED_DOMAIN: "example.com" };

	it("is asked for a refresh token in the way it wants", async () => {
		const { searchParams } = await authorizationRequest(await Scene.open(google));
		expect(Object.fromEntries(searchParams)).toMatchObject({ access_type: "offline", prompt: "consent" });
		expect(searchParams.has("hd")).toBe(false);
	});

	it("lets in accounts of the hosted domain", async () => {
		const scene = await Scene.open(google, { claims: { hd: "example.com" } }, settings);
		expect((await authorizationRequest(scene)).searchParams.get("hd")).toBe("example.com");
		expect((await scene.authorize()).searchParams.has("code")).toBe(true);
	});

	it.each([{ hd: "elsewhere.example" }, { hd: null }, {}])(
		"lets in no other account (%o), even with an address of that domain",
		async (claims) => {
			const scene = await Scene.open(google, { claims }, settings);
			expect((await scene.refusal()).status).toBe(403);
		},
	);

	it("with a hosted domain, lets in other accounts that another setting names", async () => {
		const scene = await Scene.open(google, {}, { ...settings, ALLOWED_USERS: "guest@elsewhere.example" });
		expect((await scene.refusal()).status).toBe(403);
		await scene.behave({ claims: { email: "guest@elsewhere.example" } });
		expect((await scene.authorize()).searchParams.has("code")).toBe(true);
	});
});

describe("GitHub", () => {
	const github = caseOf("github");

	it("issues tokens to OAuth apps that never expire: they are never refreshed, and the grant lives on", async () => {
		const scene = await Scene.open(github, { expiresIn: null });
		const tokens = await scene.signIn();
		expect((await scene.propsOf(tokens.access_token))?.upstream?.expiresAt).toBeUndefined();
		expect(tokens.expires_in).toBe(3600);
		expect((await scene.refresh(tokens)).status).toBe(200);
		expect(await scene.refreshes()).toEqual([]);
	});

	it("may know no name and no address of a user", async () => {
		const scene = await Scene.open(github, { claims: { name: null, emails: [] } });
		const props = await scene.propsOf((await scene.signIn()).access_token);
		expect(props?.user).toMatchObject({ name: scene.login, login: scene.login, emailVerified: false });
		expect(props?.user.email).toBeUndefined();
	});

	it("may be an Enterprise server, whose API is on its own host", async () => {
		const scene = await Scene.open(github, { expiresIn: 100 }, { GITHUB_HOST: "github.example.com" });
		const tokens = await scene.signIn();
		expect((await scene.propsOf(tokens.access_token))?.user.login).toBe(scene.login);
		expect((await scene.refresh(tokens)).status).toBe(200);
		const asked = (await scene.requests()).map(({ host, path }) => host + path);
		expect(asked).toContain("github.example.com/api/v3/user");
		expect(asked.filter((where) => !where.startsWith("github.example.com/"))).toEqual([]);
	});

	it("keeps a user's id when their login changes hands", async () => {
		const one = await Scene.open(github, { claims: { login: "changed-hands", id: 1001 } });
		const other = await Scene.open(github, { claims: { login: "changed-hands", id: 1002 } });
		const idOf = async (scene: Scene) => (await scene.propsOf((await scene.signIn()).access_token))?.user.id;
		expect([await idOf(one), await idOf(other)]).toEqual(["github-1001", "github-1002"]);
	});

	it("proves each sign-in by PKCE", async () => {
		const { searchParams } = await authorizationRequest(await Scene.open(github));
		expect(searchParams.get("code_challenge_method")).toBe("S256");
	});
});

describe("an API that says who the user is", () => {
	const faults = [
		["is down", { status: 500, text: "internal" }, "temporarily_unavailable"],
		["is rate limited", { status: 429, text: "internal" }, "temporarily_unavailable"],
		["answers a page", { status: 200, text: "<h1>internal</h1>" }, "server_error"],
		["answers something else", { status: 200, body: { success: false, internal: true } }, "server_error"],
		["refuses the token", { status: 401, body: { message: "internal" } }, "server_error"],
	] as const;

	it.each(["cloudflare", "github", "descope"].flatMap((name) => faults.map(([...fault]) => [name, ...fault] as const)))(
		"at %s and %s lets nobody in",
		async (name, _what, onApi, error) => {
			const scene = await Scene.open(caseOf(name), { onApi });
			const end = await scene.authorize();
			expect(end.searchParams.get("error")).toBe(error);
			expect(end.searchParams.has("code")).toBe(false);
			expect(end.href).not.toContain("internal");
		},
	);
});

describe("Auth0", () => {
	it("without an audience has opaque access tokens, which say no permissions", async () => {
		const scene = await Scene.open(
			caseOf("auth0"),
			{ claims: { permissions: ["image_generation"] } },
			{ AUTH0_AUDIENCE: "" },
		);
		const props = await scene.propsOf((await scene.signIn()).access_token);
		expect(props?.upstream?.accessToken).not.toContain(".");
		expect(props?.user.permissions).toEqual([]);
	});

	it("is asked for another scope if a setting says so", async () => {
		const scene = await Scene.open(caseOf("auth0"), {}, { AUTH0_SCOPE: "openid email offline_access" });
		expect((await authorizationRequest(scene)).searchParams.get("scope")).toBe("openid email offline_access");
	});
});

describe("an OpenID issuer of one's own", () => {
	const oidc = caseOf("oidc");

	it("is asked at its userinfo endpoint for what its ID tokens leave out", async () => {
		const scene = await Scene.open(oidc);
		const props = await scene.propsOf((await scene.signIn()).access_token);
		expect(props?.user).toMatchObject({ name: `Name of ${scene.login}`, email: `${scene.login}@example.com` });
		expect((await scene.requests()).some(({ bearer }) => bearer === props?.upstream?.accessToken)).toBe(true);
	});

	it("whose userinfo is of somebody else lets nobody in", async () => {
		const scene = await Scene.open(oidc, {
			onApi: { status: 200, body: { sub: "somebody-else", email: "a@b.example" } },
		});
		expect((await scene.authorize()).searchParams.get("error")).toBe("server_error");
	});

	it("is named by its host if no title is set", async () => {
		const scene = await Scene.open(oidc, {}, { OIDC_TITLE: "" });
		const client = scene.client();
		const { url } = await client.authorizationUrl(await client.register());
		expect(await (await scene.person().get(url)).text()).toContain("You sign in with login.example.org next");
	});

	it.each(["https://gone.example", "https://login.example.org/realms/other", "https://github.com"])(
		"that publishes no metadata (%s) is told to the client as a failure of the server",
		async (OIDC_ISSUER) => {
			const scene = await Scene.open(oidc, {}, { OIDC_ISSUER });
			const end = await scene.authorize();
			expect(end.searchParams.get("error")).toMatch(/^(server_error|temporarily_unavailable)$/);
		},
	);
});

describe("a subject with characters that ids cannot hold", () => {
	it("is encoded, and nobody else's", async () => {
		const idOf = async (login: string) => {
			const scene = await Scene.open(caseOf("google"));
			return (await scene.propsOf((await scene.signIn({ login })).access_token))?.user.id;
		};
		const ids = [await idOf("a:b"), await idOf("a%3Ab"), await idOf("a b"), await idOf("ä")];
		expect(new Set(ids).size).toBe(4);
		for (const id of ids) expect(id).toMatch(/^google-[!-9;-~]+$/);
	});
});
