/** When a grant ends, so do the sessions under it and their children; and nothing else. */
import { expect, it } from "vitest";
import { EventReader } from "../support/sse.ts";
import { readMessages } from "../support/wire.ts";
import { type App, eventually, newApp } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";
import { isRunning } from "./processes.ts";

const stdio = useStdio({ command: childCommand("fake") });

/** RFC 7009. */
async function revoke({ tokens }: App): Promise<void> {
	const body = new URLSearchParams({ token: tokens.refresh_token ?? "", client_id: tokens.client_id });
	expect((await fetch(`${stdio.origin}/token`, { method: "POST", body })).status).toBe(200);
}

/** A session of each kind, with a stream or a call that goes on. */
async function openAll(app: App) {
	const session = await app.open();
	const sse = await app.openSse();
	const pids = [await session.pid(), await sse.pid(), await app.pidStateless()];
	const stream = new EventReader(await session.listen());
	const call = await session.call(7, "hang");
	await sse.post({ jsonrpc: "2.0", id: 8, method: "tools/call", params: { name: "hang" } });
	const stateless = app.connectStateless("tools/call", { name: "hang", arguments: {} });
	for (const pid of pids) await eventually(() => expect(stdio.stderrOf(pid)).toContain("hangs"));
	return { session, sse, pids, stream, call, stateless };
}

it.concurrent("the children of its sessions end, their calls are answered, and their streams close", async () => {
	const app = await newApp(stdio);
	const { session, sse, pids, stream, call, stateless } = await openAll(app);
	await revoke(app);
	await eventually(() => expect(pids.filter(isRunning)).toEqual([]));
	expect(await readMessages(call)).toMatchObject([{ id: 7, error: { code: -32000 } }]);
	for (let event = await stream.next(); event; event = await stream.next()) expect(event.data).toBe("");
	await sse.rest();
	await (await stateless.response).text();
	expect((await session.call(9, "environment")).status).toBe(401);
});

it.concurrent("those of the same user's other apps go on", async () => {
	const app = await newApp(stdio);
	const other = await newApp(stdio, app);
	const session = await other.open();
	const pids = [await session.pid(), await other.pidStateless()];
	const own = await app.open();
	const ownPid = await own.pid();
	await revoke(app);
	await eventually(() => expect(isRunning(ownPid)).toBe(false));
	expect([await session.pid(), await other.pidStateless()]).toEqual(pids);
});
