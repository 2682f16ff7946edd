/** Opens a WebSocket to a user's object, for an event stream of a client. */
import type { Principal } from "../auth/principal.ts";
import { STREAM_HEADER } from "./headers.ts";
import type { Stream } from "./object/streams.ts";
import type { StreamSource } from "./sessions.ts";

type Opened = Pick<Stream, "kind" | "session" | "version" | "lastEventId">;

/** @returns null if the session has ended */
export async function openSocket(
	source: StreamSource,
	principal: Principal,
	opened: Opened,
): Promise<WebSocket | null> {
	const { grantId, scopes, permissions, expiresAt, origin } = principal;
	const stream: Stream = {
		...opened,
		grantId,
		scopes: [...scopes],
		permissions: [...permissions],
		openedAt: Date.now(),
		...(expiresAt !== undefined && { expiresAt }),
	};
	const headers = { Upgrade: "websocket", [STREAM_HEADER]: encodeURIComponent(JSON.stringify(stream)) };
	const { webSocket } = await source.fetch(origin, { headers });
	return webSocket;
}
