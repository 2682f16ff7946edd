/** Opens a WebSocket to a user's object, for an event stream of one of their clients. */
import type { Principal } from "../auth/principal.ts";
import type { Stream } from "./object/streams.ts";
import { STREAM_HEADER, userObjectOf } from "./user-object.ts";

type Opened = Pick<Stream, "kind" | "session" | "version" | "lastEventId">;

/** @returns null if the session has ended */
export async function openSocket(env: Env, principal: Principal, opened: Opened): Promise<WebSocket | null> {
	const { grantId, scopes, permissions, expiresAt, origin, user } = principal;
	const stream: Stream = {
		...opened,
		grantId,
		scopes: [...scopes],
		permissions: [...permissions],
		openedAt: Date.now(),
		...(expiresAt !== undefined && { expiresAt }),
	};
	const headers = { Upgrade: "websocket", [STREAM_HEADER]: encodeURIComponent(JSON.stringify(stream)) };
	const { webSocket } = await userObjectOf(env, user.id).fetch(origin, { headers });
	return webSocket;
}
