/** Sessions over Streamable HTTP: whose they are, what their children know, and how they end. */
import { expect, it } from "vitest";
import { readMessages } from "../support/wire.ts";
import { App, appOf, eventually, newApp, ping, textOf, toolCall } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";
import { isRunning } from "./processes.ts";

const stdio = useStdio({
	command: childCommand("fake"),
	bridgeEnv: { SECRET: "of the bridge", STDIO_ENV_API_KEY: "for the child", LC_ALL: "C.UTF-8" },
});

it.concurrent("a session runs a process of its own, which knows who is calling", async () => {
	const ada = await appOf(stdio, "Ada+1@example.com", { permissions: ["image_generation"] });
	const bob = await appOf(stdio, "bob@example.com");
	const [first, second, third] = await Promise.all(
		[ada, bob, bob].map(async (app) => (await app.open()).environment()),
	);
	expect(new Set([first?.pid, second?.pid, third?.pid]).size).toBe(3);
	expect(first?.env).toMatchObject({
		MCP_USER_ID: "local-ada+1@example.com",
		MCP_USER_LOGIN: "ada+1@example.com",
		MCP_USER_PERMISSIONS: "image_generation,stdio",
	});
	expect(second?.env).toMatchObject({ MCP_USER_ID: "local-bob@example.com", MCP_USER_PERMISSIONS: "stdio" });
});

it.concurrent("a child is told nothing else: neither the bridge's secrets, nor the token, nor what a client says of itself", async () => {
	const email = "carla@example.com";
	const tokens = await stdio.signIn(email);
	const who = { id: "mallory", login: "mallory", permissions: "all" };
	const headers = Object.fromEntries(Object.entries(who).map(([name, value]) => [`X-Mcp-User-${name}`, value]));
	const session = await new App(stdio, email, tokens, { ...headers, Cookie: "session=stolen" }).open();
	const { env } = await session.environment();
	const { PATH, HOME } = process.env;
	const own = { MCP_USER_ID: "local-carla@example.com", MCP_USER_LOGIN: "carla@example.com" };
	expect(env).toMatchObject({ PATH, HOME, LC_ALL: "C.UTF-8", API_KEY: "for the child", ...own });
	const others = Object.keys(env).filter((name) => !/^(PATH|HOME|API_KEY|LANG.*|LC_.*|MCP_USER_.*)$/.test(name));
	expect(others).toEqual([]);
	const told = JSON.stringify([env, await session.heard()]) + stdio.bridgeLog();
	expect(told).toContain("carla@example.com");
	for (const secret of [tokens.access_token, session.id, "mallory", "stolen"]) expect(told).not.toContain(secret);
});

it.concurrent("a session is found by nobody but the client that opened it", async () => {
	const app = await appOf(stdio, "dora@example.com");
	const { id } = await app.open();
	const others = [await appOf(stdio, "dora@example.com"), await appOf(stdio, "eve@example.com")];
	for (const other of others) {
		for (const method of ["POST", "GET", "DELETE"]) {
			const body = method === "POST" ? ping(5) : undefined;
			const response = await other.send(method, body, { session: id });
			expect([response.status, await response.json()]).toMatchObject([404, { error: { code: -32001 } }]);
		}
	}
	const response = await app.post(toolCall(1, "big", { bytes: 2 }), { session: id });
	expect([response.status, textOf((await readMessages(response)).at(-1) ?? {})]).toEqual([200, "xx"]);
});

it.concurrent("a session is not found any more when its user has other permissions: its child knows the old ones", async () => {
	const app = await appOf(stdio, "fay@example.com", { permissions: ["image_generation"] });
	const session = await app.open();
	const client = app.tokens.client_id;
	const same = await appOf(stdio, "fay@example.com", { client, permissions: ["image_generation"] });
	expect((await same.post(toolCall(1, "environment"), { session: session.id })).status).toBe(200);
	const less = await appOf(stdio, "fay@example.com", { client });
	expect((await less.post(toolCall(1, "environment"), { session: session.id })).status).toBe(404);
});

it.concurrent("a session ends with its child when the client ends it, also in mid-call", async () => {
	const session = await (await newApp(stdio)).open();
	const pid = await session.pid();
	const call = await session.call(2, "hang");
	const ended = await session.end();
	expect([200, 204]).toContain(ended.status);
	expect(await readMessages(call)).toMatchObject([{ id: 2, error: { code: -32000 } }]);
	await eventually(() => expect(isRunning(pid)).toBe(false));
	expect((await session.call(3, "environment")).status).toBe(404);
	expect((await session.end()).status).toBe(404);
});

it.concurrent("a session stays when its client hangs up without ending it", async () => {
	const session = await (await newApp(stdio)).open();
	const pid = await session.pid();
	const [stream, call] = [await session.listen(), await session.call(1, "hang")];
	await eventually(() => expect(stdio.stderrOf(pid)).toContain("hangs"));
	await Promise.all([stream.body?.cancel(), call.body?.cancel()]);
	expect(await session.pid()).toBe(pid);
});

it.concurrent("sessions of one client at the same time do not hear each other", async () => {
	const app = await newApp(stdio);
	const [one, other] = [await app.open(), await app.open()];
	const [held, heldToo] = [await one.call(1, "hold"), await other.call(1, "hold")];
	await readMessages(await one.call(2, "release"));
	expect(textOf((await readMessages(held)).at(-1) ?? {})).toBe("was held");
	await readMessages(await other.call(2, "release"));
	expect(textOf((await readMessages(heldToo)).at(-1) ?? {})).toBe("was held");
});

it.concurrent("a session is found with a slash at the end of the address, too", async () => {
	const app = await newApp(stdio);
	const { id } = await app.open();
	const response = await app.post(toolCall(1, "big", { bytes: 2 }), { session: id, path: "/stdio/mcp/" });
	expect(textOf((await readMessages(response)).at(-1) ?? {})).toBe("xx");
});

it.concurrent("50 sessions that were opened and closed leave no process behind", async () => {
	const apps = await Promise.all(Array.from({ length: 5 }, () => newApp(stdio)));
	const pids = new Set<number>();
	const openAndClose = async (app: App) => {
		const session = await app.open();
		pids.add(await session.pid());
		await session.end();
	};
	for (let round = 0; round < 10; round++) await Promise.all(apps.map(openAndClose));
	expect(pids.size).toBe(50);
	await eventually(() => expect([...pids].filter(isRunning)).toEqual([]));
});
