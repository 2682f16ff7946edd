/** The Worker with a stdio server, of which nothing but the Worker is there: what would reach it is noted down. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "#under-test";
import type { User } from "../../src/auth/grant.ts";
import { grantTokens } from "../support/grants.ts";
import { reachingObjects } from "../support/objects.ts";
import { DORA } from "../support/people.ts";
import type { Fetch } from "../support/person.ts";
import { LOCAL, settingsAt } from "../support/worker.ts";

const BRIDGE = "http://127.0.0.1:8790";

export type Settings = Partial<
	Pick<Env, "STDIO_URL" | "STDIO_COMMAND" | "STDIO_ALLOWED_USERS" | "IMAGE_GENERATION_USERS" | "STDIO_LOCAL_OBJECT">
>;

/** Unless the settings say otherwise, there is a bridge on this computer. */
export function envWith(settings: Settings = {}): Env {
	return reachingObjects(Object.assign({ ...env, STDIO_URL: BRIDGE, STDIO_PIPE_SECRET: "a secret" }, settings));
}

/** The Worker under some settings. */
export function workerWith(settings: Settings = {}): Fetch {
	const own = envWith(settings);
	return async (url, init) => {
		return worker.fetch(new Request(url, init), { ...own, ...settingsAt(url) }, createExecutionContext());
	};
}

/** A token for the stdio server of somebody who was allowed to use it when they signed in. */
export async function stdioToken(user: Partial<User> = {}, origin = LOCAL, path = "/stdio/mcp"): Promise<string> {
	const whole = { ...DORA, ...user };
	const settings = { STDIO_ALLOWED_USERS: "*" };
	const { access_token } = await grantTokens({
		origin,
		props: { user: whole },
		userId: whole.id,
		scope: ["stdio"],
		resource: origin + path,
		via: workerWith(settings),
		env: envWith(settings),
	});
	return access_token;
}

/** In the place of the objects with the sessions: whatever gets there is answered. */
export function fakeObjects(): { objects: Env["STDIO_LOCAL_OBJECT"]; asked: string[] } {
	const asked: string[] = [];
	const sessions = {
		async open(_session: unknown, { message }: { message: { id: number } }) {
			asked.push("open");
			return Response.json({ jsonrpc: "2.0", id: message.id, result: { protocolVersion: "2025-11-25" } });
		},
		async prepareStream() {
			asked.push("prepareStream");
		},
	};
	const objects = new Proxy(env.STDIO_LOCAL_OBJECT, {
		get(target, property) {
			if (property !== "getByName") return Reflect.get(target, property);
			return () => ({
				sessions,
				async fetch() {
					const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
					server.accept();
					return new Response(null, { status: 101, webSocket: client });
				},
			});
		},
	});
	return { objects, asked };
}

/** @returns what a refusal says */
export async function sentenceOf(response: Response): Promise<string> {
	const { error }: { error: { message: string } } = await response.json();
	return error.message;
}
