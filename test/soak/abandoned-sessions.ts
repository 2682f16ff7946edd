/** Sessions that clients open and never end, each with something that is left open. */
import { EventReader } from "../support/sse.ts";
import { stateless } from "../support/stateless.ts";
import type { User } from "./users.ts";

/** What a client leaves behind: its connection, which is cut some time later. */
export type Left = { cut(): void };

const INITIALIZE = {
	jsonrpc: "2.0",
	id: 0,
	method: "initialize",
	params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "soak", version: "1" } },
};
const DRAW = {
	jsonrpc: "2.0",
	id: 1,
	method: "tools/call",
	params: { name: "generateImage", arguments: { prompt: "a lighthouse" } },
};

/** Opens a session at `/mcp`. @returns its id */
export async function openSession(user: User, signal?: AbortSignal): Promise<string> {
	const response = await user.post("/mcp", INITIALIZE, {}, signal);
	const session = response.headers.get("Mcp-Session-Id");
	if (response.status !== 200 || !session) throw new Error(`No session: ${response.status} ${await response.text()}`);
	await response.text();
	return session;
}

/** @throws Error if the stream is refused */
async function readFirstEvent(response: Response): Promise<string> {
	if (response.status !== 200) throw new Error(`No stream: ${response.status} ${await response.text()}`);
	return (await new EventReader(response).next())?.data ?? "";
}

type Leave = (user: User, signal: AbortSignal) => Promise<unknown>;

const nothingOpen: Leave = (user, signal) => openSession(user, signal);

const openStream: Leave = async (user, signal) => {
	const session = await openSession(user, signal);
	return readFirstEvent(await user.get("/mcp", { "Mcp-Session-Id": session }, signal));
};

const unreadCall: Leave = async (user, signal) => {
	const session = await openSession(user, signal);
	const response = await user.post("/mcp", DRAW, { "Mcp-Session-Id": session }, signal);
	return readFirstEvent(response);
};

const sseSession: Leave = async (user, signal) => {
	const path = await readFirstEvent(await user.get("/sse", {}, signal));
	const response = await user.post(path, INITIALIZE, {}, signal);
	if (response.status !== 202) throw new Error(`Not accepted: ${response.status} ${await response.text()}`);
};

const subscription: Leave = async (user, signal) => {
	const { message, headers } = stateless("subscriptions/listen", { notifications: { resourcesListChanged: true } });
	return readFirstEvent(await user.post("/mcp", message, headers, signal));
};

const WAYS = [nothingOpen, openStream, unreadCall, sseSession, subscription];

/** @param turn chooses what is left open */
export async function abandonSession(user: User, turn: number): Promise<Left> {
	const connection = new AbortController();
	const leave = WAYS[turn % WAYS.length] ?? nothingOpen;
	await leave(user, connection.signal);
	return { cut: () => connection.abort() };
}
