/** Whose calls are compared with whose, and how much faster ours are to be. */
import { type Call, openSession, openSse, sessionCall, signIn, statelessCall } from "./clients.ts";
import type { Running, Start } from "./runtimes/runtime.ts";
import { CREATE_MCP_HANDLER, FLOOR, OWN, SERVE, SERVE_SSE } from "./servers.ts";

/** One kind of call to a server, and what each round measured of it. */
export type Lane = {
	readonly server: Running;
	/** How many calls are under way at a time. */
	readonly concurrency: number;
	readonly call: Call;
	/** Calls a second, and milliseconds of the server's CPU time for each. */
	readonly rounds: { readonly rate: number; readonly cpu: number | undefined }[];
};

export type Comparison = {
	readonly what: string;
	readonly against: string;
	/** At least this often the other's rate. */
	readonly goal: number;
	readonly own: Lane;
	readonly other: Lane;
};

const lane = (server: Running, call: Call, concurrency: number): Lane => ({ server, call, concurrency, rounds: [] });

export async function comparisonsOf(start: Start): Promise<Comparison[]> {
	const server = await start(OWN);
	const session = await lanesInSession(server);
	const stateless = await statelessLanes(server);
	const sse = await sseLanes(server);
	const opening = await openingLane(await start(OWN));
	const serve = await lanesInSession(await start(SERVE));
	const serveOpening = await openingLane(await start(SERVE));
	const createMcpHandler = await statelessLanes(await start(CREATE_MCP_HANDLER));
	const serveSse = await sseLanes(await start(SERVE_SSE));
	const floor = await statelessLanes(await start(FLOOR));
	return [
		{
			what: "2025-11-25 tools/call, 16 at once",
			against: SERVE.name,
			goal: 4,
			own: session.many,
			other: serve.many,
		},
		{
			what: "2025-11-25 tools/call, one at a time",
			against: SERVE.name,
			goal: 3.5,
			own: session.single,
			other: serve.single,
		},
		{
			what: "2025-11-25 opening a session, and tools/list",
			against: SERVE.name,
			goal: 6,
			own: opening,
			other: serveOpening,
		},
		{
			what: "2026-07-28 tools/call, 16 at once",
			against: CREATE_MCP_HANDLER.name,
			goal: 2,
			own: stateless.many,
			other: createMcpHandler.many,
		},
		{
			what: "2025-11-25 tools/call with a progressToken, 16 at once",
			against: SERVE.name,
			goal: 3.5,
			own: session.withProgress,
			other: serve.withProgress,
		},
		{
			what: "2026-07-28 tools/call with a progressToken, 16 at once",
			against: CREATE_MCP_HANDLER.name,
			goal: 1.5,
			own: stateless.withProgress,
			other: createMcpHandler.withProgress,
		},
		{
			what: "2025-11-25 tools/call, 16 at once",
			against: FLOOR.name,
			goal: 0.6,
			own: session.many,
			other: floor.many,
		},
		{
			what: "2026-07-28 tools/call, 16 at once",
			against: FLOOR.name,
			goal: 0.6,
			own: stateless.many,
			other: floor.many,
		},
		{
			what: "/sse tools/call, 16 at once",
			against: SERVE_SSE.name,
			goal: 1.1,
			own: sse.many,
			other: serveSse.many,
		},
		{
			what: "/sse tools/call, one at a time",
			against: SERVE_SSE.name,
			goal: 1.1,
			own: sse.single,
			other: serveSse.single,
		},
	];
}

async function lanesInSession(server: Running) {
	const session = await openSession(server.origin, await signIn(server.origin));
	return {
		many: lane(server, sessionCall(session), 16),
		single: lane(server, sessionCall(session), 1),
		withProgress: lane(server, sessionCall(session, true), 16),
	};
}

async function statelessLanes(server: Running) {
	const token = await signIn(server.origin);
	return {
		many: lane(server, statelessCall(server.origin, token), 16),
		withProgress: lane(server, statelessCall(server.origin, token, true), 16),
	};
}

async function sseLanes(server: Running) {
	const call = await openSse(server.origin, await signIn(server.origin, "/sse"));
	return { many: lane(server, call, 16), single: lane(server, call, 1) };
}

/** @param server of its own, since the sessions that are left behind slow down all else */
async function openingLane(server: Running): Promise<Lane> {
	const token = await signIn(server.origin);
	return lane(server, async () => void (await openSession(server.origin, token)), 1);
}
