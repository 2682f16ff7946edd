/** Who may use the stdio server: decided at each request, with the settings of the day. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { User } from "../../src/session.ts";
import { grantTokens } from "../support/grants.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { DORA } from "../support/people.ts";
import { callTool, DEPLOYED, INITIALIZE, LIST_TOOLS, LOCAL, mcp } from "../support/worker.ts";
import { fakeBridge, type Settings, sentenceOf, stdioToken, workerWith } from "./worker.ts";

afterEach(() => vi.restoreAllMocks());

const VERIFIED: Partial<User> = { email: "Dora@example.com", emailVerified: true };
const PATHS = ["/stdio/mcp", "/stdio/sse"] as const;

type Row = { who: string; user?: Partial<User>; settings?: Settings; origin?: string };

async function ask({ user = {}, settings = {}, origin = DEPLOYED }: Row, path: (typeof PATHS)[number]) {
	const token = await stdioToken(user, origin, path);
	const seen = fakeBridge();
	const method = path === "/stdio/sse" ? "GET" : "POST";
	const response = await mcp(INITIALIZE, { token, origin, path, method, via: workerWith(settings) });
	return { response, reached: seen.length };
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
		const { response, reached } = await ask(row, path);
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
		const { response, reached } = await ask(row, path);
		expect([response.status, reached]).toEqual([403, 0]);
		expect(response.headers.get("WWW-Authenticate")).toBeNull();
		const sentence = "dora may not use the stdio server here. Whoever runs it can add them to STDIO_ALLOWED_USERS.";
		expect(await sentenceOf(response)).toBe(sentence);
	});
});

it("whoever may use the stdio server may not generate images for that", async () => {
	const via = workerWith({ STDIO_ALLOWED_USERS: "*", IMAGE_GENERATION_USERS: "" });
	const props = { user: { ...DORA, permissions: ["stdio"] } };
	const scope = ["tools", "images"] as const;
	const tokens = await grantTokens({ origin: DEPLOYED, props, scope: [...scope], via });
	expect(tokens.scope).toBe("tools");
	const options = { token: tokens.access_token, origin: DEPLOYED, via };
	const opened = await mcp(INITIALIZE, options);
	await opened.text();
	const session = opened.headers.get("Mcp-Session-Id") ?? "";
	const list = await (await mcp(LIST_TOOLS, { ...options, session })).text();
	expect(list).toContain('"add"');
	expect(list).not.toContain("generate_image");
	const call = callTool("generate_image", { prompt: "a cat" });
	expect(await (await mcp(call, { ...options, session })).text()).not.toContain('"image"');
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
