import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { server } from "#under-test";
import type { Behaviour } from "../support/identity/behaviour.ts";
import { caseOf, UPSTREAM_DETAIL } from "../support/identity/cases.ts";
import { ORIGIN, Scene } from "../support/identity/server.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { askTool, INITIALIZE, mcp, openSession } from "../support/worker.ts";

/** Signs in, then has the provider's API behave in some way, and calls a tool that uses it. */
async function askCaller(name: string, behaviour: Behaviour) {
	const scene = await Scene.open(caseOf(name));
	const tokens = await scene.signIn();
	const session = await openSession(tokens.access_token, ORIGIN);
	await scene.behave(behaviour);
	const answer = await askTool("caller", {}, { token: tokens.access_token, session, origin: ORIGIN });
	return { scene, tokens, session, answer, text: answer.content[0]?.text ?? "" };
}

/** What a tool gets of a user's provider. */
async function openUpstream(name: string) {
	const scene = await Scene.open(caseOf(name));
	const { access_token } = await scene.signIn();
	const props = await scene.propsOf(access_token);
	if (!props?.upstream) throw new Error("No tokens of the provider");
	const caller = {
		user: props.user,
		clientId: "a-client",
		expiresAt: undefined,
		permissions: [],
		scopes: [],
		upstreamToken: props.upstream.accessToken,
		grantId: "no-grant",
		origin: ORIGIN,
		requestId: "a-request",
		traceparent: undefined,
		pseudonym: "a-pseudonym",
		era: "2025" as const,
		isLocal: false,
	};
	const upstream = server.upstreamOf(caller, env);
	if (!upstream) throw new Error("No provider");
	return { scene, upstream, token: props.upstream.accessToken };
}

describe.each(["github", "cloudflare"])("a tool that asks the API of %s", (name) => {
	it("and is answered 401 ends the user's grant, and tells the model to have them sign in again", async () => {
		const { answer, text, tokens, scene } = await askCaller(name, { onApi: { status: 401, text: UPSTREAM_DETAIL } });
		expect(answer.isError).toBe(true);
		expect(text).toContain("Sign in again");
		expect(text).not.toContain(UPSTREAM_DETAIL);
		expect((await mcp(INITIALIZE, { token: tokens.access_token, origin: ORIGIN })).status).toBe(401);
		expect((await scene.refresh(tokens)).status).toBe(400);
	});

	it("and is answered 401 to a token that a refresh has replaced ends nothing", async () => {
		const scene = await Scene.open(caseOf(name));
		await scene.behave({ expiresIn: 100 });
		const old = await scene.signIn();
		const session = await openSession(old.access_token, ORIGIN);
		const refreshed = await (await scene.refresh(old)).json<Tokens>();
		await scene.behave({ onApi: { status: 401, text: UPSTREAM_DETAIL } });
		const answer = await askTool("caller", {}, { token: old.access_token, session, origin: ORIGIN });
		expect(answer.isError).toBe(true);
		expect(answer.content[0]?.text).toContain("Try again");
		await scene.behave({});
		const again = await askTool("caller", {}, { token: refreshed.access_token, session, origin: ORIGIN });
		expect(again.isError).toBeFalsy();
	});

	it.each([
		["429", { status: 429, text: UPSTREAM_DETAIL }],
		["500", { status: 500, text: UPSTREAM_DETAIL }],
		["403", { status: 403, body: { message: UPSTREAM_DETAIL } }],
		["a page", { status: 200, text: UPSTREAM_DETAIL }],
	])("and is answered %s says to try again, shows none of it, and ends nothing", async (_what, onApi) => {
		const { answer, text, tokens, session, scene } = await askCaller(name, { onApi });
		expect(answer.isError).toBe(true);
		expect(text).toContain("Try again");
		expect(text).not.toContain(UPSTREAM_DETAIL);
		await scene.behave({});
		const again = await askTool("caller", {}, { token: tokens.access_token, session, origin: ORIGIN });
		expect(again.isError).toBeFalsy();
	});
});

describe("the user's token at their provider", () => {
	it("goes to the provider's API, by path or by address", async () => {
		const { scene, upstream, token } = await openUpstream("github");
		expect((await upstream.fetch("/user")).status).toBe(200);
		expect((await upstream.fetch("https://api.github.com/user/emails")).status).toBe(200);
		const asked = (await scene.requests()).filter(({ bearer }) => bearer === token).slice(-2);
		expect(asked.map(({ host, path }) => host + path)).toEqual(["api.github.com/user", "api.github.com/user/emails"]);
	});

	it.each([
		"https://evil.example/",
		"http://api.github.com/user",
		"https://api.github.com.evil.example/",
		"https://api.github.com@evil.example/",
		"https://api.github.com:8443/user",
		".evil.example/",
		"@evil.example/",
		":8443/user",
	])("goes nowhere else: %s", async (address) => {
		const { scene, upstream } = await openUpstream("github");
		const before = await scene.requests();
		await expect(upstream.fetch(address)).rejects.toThrow("the token stays here");
		expect(await scene.requests()).toEqual(before);
	});

	it.each(["//evil.example/", "/\\evil.example/", "/https://evil.example/"])("stays there too: %s", async (path) => {
		const { scene, upstream } = await openUpstream("github");
		expect((await upstream.fetch(path)).status).toBe(404);
		expect((await scene.requests()).filter(({ host }) => host === "evil.example")).toEqual([]);
	});

	it("is not sent along when a redirect leaves the API", async () => {
		const { scene, upstream } = await openUpstream("github");
		await scene.behave({ onApi: { status: 302, headers: { Location: "https://evil.example/catch" } } });
		await upstream.fetch("/user").catch(() => undefined);
		expect((await scene.requests()).at(-1)?.host).toBe("api.github.com");
	});

	it("cannot be replaced by a tool with another", async () => {
		const { scene, upstream, token } = await openUpstream("google");
		const response = await upstream.fetch("/v1/userinfo", { headers: { Authorization: "Bearer other" } });
		expect(response.status).toBe(200);
		expect((await scene.requests()).at(-1)?.bearer).toBe(token);
	});

	it.each(["access", "workos"])("is not given to tools where the provider has no API for it: %s", async (name) => {
		const { scene, upstream } = await openUpstream(name);
		const before = await scene.requests();
		await expect(upstream.fetch("/user")).rejects.toThrow("has no API for its users");
		expect(await scene.requests()).toEqual(before);
	});
});
