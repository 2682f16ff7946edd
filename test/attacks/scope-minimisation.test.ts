/** Scope minimisation: a client asks for more than it needs, or a stolen token opens more than it was given for. */
import { expect, it } from "vitest";
import { server } from "#under-test";
import { challengeOf } from "../support/wire.ts";
import { ask, callTool, LIST_TOOLS, mcp, openSession, signIn } from "../support/worker.ts";

const connect = async (options: Parameters<typeof signIn>[0]) => {
	const tokens = await signIn({ email: `${crypto.randomUUID()}@example.com`, ...options });
	return { ...tokens, token: tokens.access_token, session: await openSession(tokens.access_token) };
};

async function toolsOf(connection: { token: string; session: string }): Promise<string[]> {
	const { result } = await ask(LIST_TOOLS, connection);
	const { tools } = result as unknown as { tools: { name: string }[] };
	return tools.map(({ name }) => name).sort();
}

/** The names of the fixture's tools that a scope opens, without any permission. */
const openedBy = (...scopes: string[]) =>
	server.catalogue.tools
		.filter(({ scope, requires }) => scopes.includes(scope) && !requires)
		.map(({ name }) => name)
		.sort();

it("a token opens what its scopes are for, and nothing beside", async () => {
	const connection = await connect({ scope: "tools" });
	expect(connection.scope).toBe("tools");
	expect(await toolsOf(connection)).toEqual(openedBy("tools"));
	expect((await mcp(callTool("caller"), connection)).status).toBe(403);
	expect((await mcp(callTool("caller"), await connect({ scope: "tools identity" }))).status).toBe(200);
});

it("no challenge lists the whole catalogue of scopes: the first names none, a later one what is missing for the call", async () => {
	const first = await mcp(callTool("caller"), {});
	expect(first.status).toBe(401);
	expect(first.headers.get("WWW-Authenticate")).not.toContain("scope=");
	const connection = await connect({ scope: "tools" });
	const challenge = challengeOf(await mcp(callTool("caller"), connection)) ?? "";
	const [, scopes = ""] = /scope="([^"]*)"/.exec(challenge) ?? [];
	// What the token has stays in it, so that the client does not lose it with the next one.
	expect(scopes.split(" ").sort()).toEqual(["identity", "tools"]);
});

it("a client that asks for everything gets what the user ticks", async () => {
	const everything = [...Object.keys(server.scopes), "admin", "*"].join(" ");
	const connection = await connect({ scope: everything, scopes: ["identity"] });
	expect(connection.scope).toBe("identity");
	expect(await toolsOf(connection)).toEqual(openedBy("identity"));
});
