/** Who may use the stdio server: decided at each request, with the settings of the day. */
import { describe, expect, it } from "vitest";
import type { User } from "../../src/auth/grant.ts";
import { grantTokens } from "../support/grants.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { DORA } from "../support/people.ts";
import { ask, askTool, DEPLOYED, INITIALIZE, LIST_TOOLS, LOCAL, mcp } from "../support/worker.ts";
import { envWith, fakeObjects, type Settings, sentenceOf, stdioToken, workerWith } from "./worker.ts";

const VERIFIED: Partial<User> = { email: "Dora@example.com", emailVerified: true };
const PATHS = ["/stdio/mcp", "/stdio/sse"] as const;

type Row = { who: string; user?: Partial<User>; settings?: Settings; origin?: string };

async function askStdio({ user = {}, settings = {}, origin = DEPLOYED }: Row, path: (typeof PATHS)[number]) {
	const token = await stdioToken(user, origin, path);
	const { objects, asked } = fakeObjects();
	const method = path === "/stdio/sse" ? "GET" : "POST";
	const via = workerWith({ ...settings, STDIO_LOCAL_OBJECT: objects });
	const response = await mcp(INITIALIZE, { token, origin, path, method, via });
	return { response, reached: asked.length };
}

describe.each(PATHS)("%s", (path) => {
	it.each<Row>([
		{ who: "somebody with a listed login", settings: { STDIO_ALLOWED_USERS: "other, Dora" } },
		{ who: "somebody with a listed address", user: VERIFIED, settings: { STDIO_ALLOWED_USERS: "dora@example.com" } },
		{ who: "everybody, if the list says so", settings: { STDIO_ALLOWED_USERS: "*" } },
		{ who: "somebody of whom the identity provider says so", user: { permissions: ["stdio"] } },
		{ who: "everybody on this computer", origin: LOCAL },
		{ who: "somebody who is listed on this computer", origin: LOCAL, settings: { STDIO_ALLOWED_USERS: "dora" } },
	])("is for $who", async (row) => {
		const { response, reached } = await askStdio(row, path);
		expect([response.status, reached]).toEqual([200, 1]);
	});

	it.each<Row>([
		{ who: "anybody, if nothing is set" },
		{
			who: "anybody, if nothing is set but a container",
			settings: { STDIO_URL: "", STDIO_COMMAND: "uvx some-server" },
		},
		{ who: "somebody who is not listed", settings: { STDIO_ALLOWED_USERS: "other" } },
		{ who: "somebody else on this computer", origin: LOCAL, settings: { STDIO_ALLOWED_USERS: "other" } },
		{
			who: "a listed address that nobody verified",
			user: { email: "dora@example.com" },
			settings: { STDIO_ALLOWED_USERS: "dora@example.com" },
		},
		{
			who: "a listed login that others could take",
			user: { isLoginUnique: false },
			settings: { STDIO_ALLOWED_USERS: "dora" },
		},
		{ who: "those who may generate images", user: { permissions: ["image_generation"] } },
		{ who: "those who are listed for images", settings: { IMAGE_GENERATION_USERS: "*" } },
	])("is not for $who", async (row) => {
		const { response, reached } = await askStdio(row, path);
		expect([response.status, reached]).toEqual([403, 0]);
		expect(response.headers.get("WWW-Authenticate")).toBeNull();
		const sentence =
			"dora may not use the stdio server here. The server's administrator can add them to STDIO_ALLOWED_USERS.";
		expect(await sentenceOf(response)).toBe(sentence);
	});
});

describe("the permission to use the stdio server", () => {
	/** What somebody with these permissions sees and gets at `/mcp` of a deployed server. */
	async function guarded(permissions: string[]) {
		const settings = { STDIO_ALLOWED_USERS: "*", IMAGE_GENERATION_USERS: "" };
		const own = { via: workerWith(settings), env: envWith(settings) };
		const props = { user: { ...DORA, permissions } };
		const tokens = await grantTokens({ origin: DEPLOYED, props, scope: ["tools", "images"], ...own });
		const options = { token: tokens.access_token, origin: DEPLOYED, ...own };
		const opened = await mcp(INITIALIZE, options);
		await opened.text();
		const connection = { ...options, session: opened.headers.get("Mcp-Session-Id") ?? "" };
		const { result } = (await ask(LIST_TOOLS, connection)) as { result: { tools: { name: string }[] } };
		const { isError, content } = await askTool("guarded", {}, connection);
		const listed = result.tools.map(({ name }) => name);
		return {
			scope: tokens.scope,
			isListed: listed.includes("guarded"),
			isRefused: isError ?? false,
			text: content[0]?.text,
		};
	}

	it("is none for anything else", async () => {
		const refused = { scope: "tools", isListed: false, isRefused: true };
		expect(await guarded(["stdio"])).toMatchObject(refused);
		const allowed = { scope: "tools images", isListed: true, isRefused: false, text: "Come in." };
		expect(await guarded(["stdio", "image_generation"])).toEqual(allowed);
	});
});

describe("a sign-in", () => {
	const resource = `${LOCAL}/stdio/mcp`;

	it("of somebody who may not use it ends with an error for the client", async () => {
		const client = new OAuthClient(workerWith({ STDIO_ALLOWED_USERS: "bob@example.com" }), LOCAL);
		await expect(client.signIn({ resource, email: "alice@example.com" })).rejects.toThrow("error=access_denied");
		expect((await client.signIn({ resource, email: "bob@example.com" })).scope).toBe("stdio");
	});

	it("with the permission of the identity provider is enough", async () => {
		const client = new OAuthClient(workerWith({ STDIO_ALLOWED_USERS: "bob@example.com" }), LOCAL);
		expect((await client.signIn({ resource, permissions: ["stdio"] })).scope).toBe("stdio");
	});
});
