/** Connections that break off in the middle: what is cancelled then, what goes on, and what a client gets when it is back. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STANDALONE_STREAM } from "../../src/mcp/object/streams.ts";
import { waitInSession, waitWithoutSession } from "./raw-wait.ts";
import { type RunningServer, startServer, waitFor } from "./server.ts";
import {
	accessTokenOf,
	type CallOptions,
	type Connect,
	connectV1,
	connectV2Auto,
	connectV2Default,
	type SignedInClient,
} from "./signed-in-client.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import { textOf } from "./tool-client.ts";

/** The product's own configuration, with another entry point. */
const ENTRY = "test/e2e/waiting-server/index.ts";
/** `wrangler dev` notices that a client has hung up when it writes to it: the comments that keep a stream alive. */
const NOTICED_MILLISECONDS = 30_000;

const CLIENTS_WITH_SESSIONS = [
	{ name: "the first SDK's client", connect: connectV1 },
	{ name: "the second SDK's client by default", connect: connectV2Default },
];

const CALLS = [
	{ call: "a call that reported progress", isSilent: false },
	{ call: "a call of which nothing was heard yet", isSilent: true },
];

/** What each test leaves behind; they run at the same time, and end together. */
const open: { close(): Promise<void> }[] = [];
let server: RunningServer;
/** Looks on, and lets calls go. */
let observer: SignedInClient;

beforeAll(async () => {
	server = await startServer({ flags: [ENTRY] });
	observer = await connectAs("observer@example.com", connectV2Auto);
});

afterAll(async () => {
	await Promise.allSettled(open.map((one) => one.close()));
	await server?.stop();
});

const newName = () => crypto.randomUUID();
const release = (name: string) => observer.call("release", { name });
const outcomeOf = async (name: string) => textOf(await observer.call("outcome", { name }));
const eventually = (what: string, holds: () => Promise<boolean>) => waitFor(what, holds, NOTICED_MILLISECONDS);
const untilOutcome = (name: string, outcome: string) =>
	eventually(`the call to be ${outcome}`, async () => (await outcomeOf(name)) === outcome);

async function connectAs(email: string, connect: Connect, origin = server.origin): Promise<SignedInClient> {
	const client = await connect(origin, email);
	open.push(client);
	return client;
}

async function newProxy(): Promise<TcpProxy> {
	const proxy = await startTcpProxy(server.origin);
	open.push(proxy);
	return proxy;
}

/** Starts a call of `wait`, and returns once its stream is there: with progress on it, if there is to be some. */
async function startWaiting(client: SignedInClient, name: string, options: CallOptions & { isSilent?: boolean } = {}) {
	const { isSilent, ...callOptions } = options;
	const { promise: isUnderWay, resolve } = Promise.withResolvers<void>();
	const listener = isSilent ? { onresumptiontoken: resolve } : { onprogress: resolve };
	const result = client.call("wait", { name }, { ...callOptions, ...listener });
	await Promise.race([isUnderWay, result]);
	return { result };
}

describe.concurrent("a call without a session (2026-07-28)", () => {
	it("is cancelled when its client hangs up", async () => {
		const name = newName();
		const token = await accessTokenOf(server.origin, "alice@example.com");
		const call = await waitWithoutSession({ origin: server.origin, token, name });
		expect(await outcomeOf(name)).toBe("waiting");
		call.hangUp();
		await untilOutcome(name, "cancelled");
	});

	it("is cancelled by the signal of the second SDK's client", async () => {
		const name = newName();
		const client = await connectAs("alice@example.com", connectV2Auto);
		const controller = new AbortController();
		const { result } = await startWaiting(client, name, { signal: controller.signal });
		expect(await outcomeOf(name)).toBe("waiting");
		const rejected = expect(result).rejects.toThrow();
		controller.abort();
		await rejected;
		await untilOutcome(name, "cancelled");
	});
});

describe.concurrent("a call in a session (2025-11-25)", () => {
	it("goes on when its client hangs up, which is no cancellation", async () => {
		const token = await accessTokenOf(server.origin, "alice@example.com");
		const options = { origin: server.origin, token, isTalkative: true };
		const [inSession, without] = [newName(), newName()];
		const calls = await Promise.all([
			waitInSession({ ...options, name: inSession }),
			waitWithoutSession({ ...options, name: without }),
		]);
		for (const call of calls) call.hangUp();
		// By then the other one could have been noticed as well.
		await untilOutcome(without, "cancelled");
		expect(await outcomeOf(inSession)).toBe("waiting");
		await release(inSession);
		await untilOutcome(inSession, "finished");
	});

	it.each(CLIENTS_WITH_SESSIONS)("is cancelled by the signal of $name", async ({ connect }) => {
		const name = newName();
		const client = await connectAs("alice@example.com", connect);
		const controller = new AbortController();
		const { result } = await startWaiting(client, name, { signal: controller.signal });
		const rejected = expect(result).rejects.toThrow();
		controller.abort();
		await rejected;
		await untilOutcome(name, "cancelled");
	});
});

describe.concurrent.each(CLIENTS_WITH_SESSIONS)("$name, whose connection is cut", ({ connect }) => {
	/** The ids with which the client came back, for streams of calls or for the one of what belongs to no call. */
	const lastEventIds = (proxy: TcpProxy) =>
		proxy
			.requests()
			.filter(({ method, path }) => method === "GET" && path === "/mcp")
			.map(({ headers }) => headers.get("Last-Event-ID"))
			.filter((id) => id !== null);
	const ofCalls = (proxy: TcpProxy) => lastEventIds(proxy).filter((id) => !id.startsWith(STANDALONE_STREAM));

	it.each(CALLS)("comes back, and gets the result of $call", async ({ isSilent }) => {
		const [proxy, name] = [await newProxy(), newName()];
		const client = await connectAs("bob@example.com", connect, proxy.origin);
		const { result } = await startWaiting(client, name, { isSilent });
		proxy.cut();
		proxy.mend();
		await eventually("the client to come back", async () => ofCalls(proxy).length > 0);
		await untilOutcome(name, "waiting");
		await release(name);
		expect(textOf(await result)).toBe(`${name} is over`);
	});

	it.each(CALLS)("gets the result of $call, and ended while it was away", async ({ isSilent }) => {
		const [proxy, name] = [await newProxy(), newName()];
		const client = await connectAs("bob@example.com", connect, proxy.origin);
		const { result } = await startWaiting(client, name, { isSilent });
		proxy.cut();
		await untilOutcome(name, "waiting");
		await release(name);
		await untilOutcome(name, "finished");
		expect(ofCalls(proxy)).toEqual([]);
		proxy.mend();
		expect(textOf(await result)).toBe(`${name} is over`);
		expect(ofCalls(proxy)).toHaveLength(1);
	});

	it("hears what changed while it was away", async () => {
		const email = `${newName()}@example.com`;
		const proxy = await newProxy();
		const client = await connectAs(email, connect, proxy.origin);
		const other = await connectAs(email, connectV2Auto);
		let heard = 0;
		client.onResourcesChanged(() => heard++);
		const remember = () => other.call("remember", { note: "Something new" });
		const untilHeard = (more: number, act = async (): Promise<unknown> => undefined) =>
			eventually(`change ${more} to be heard`, async () => {
				await act();
				return heard >= more;
			});
		// The stream is open some time after the client is connected.
		await untilHeard(1, remember);
		proxy.cut();
		const before = heard;
		await remember();
		expect(lastEventIds(proxy)).toEqual([]);
		proxy.mend();
		await untilHeard(before + 1);
		expect(lastEventIds(proxy)).toEqual([expect.stringContaining(STANDALONE_STREAM)]);
		await untilHeard(before + 2, remember);
	});
});
