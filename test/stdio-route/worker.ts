/** The Worker with a stdio server, and a bridge that takes notes of what reaches it. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { User } from "../../src/grant.ts";
import worker from "../../src/index.ts";
import { grantTokens } from "../support/grants.ts";
import { DORA } from "../support/people.ts";
import type { Fetch } from "../support/person.ts";
import { LOCAL, settingsAt } from "../support/worker.ts";

export const BRIDGE = "http://127.0.0.1:8790";
export const NOT_FOUND = { jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null };

export type Settings = Partial<
	Pick<Env, "STDIO_URL" | "STDIO_COMMAND" | "STDIO_ALLOWED_USERS" | "IMAGE_GENERATION_USERS" | "STDIO_OBJECT">
>;

/** Unless the settings say otherwise, there is a bridge on this computer. */
export function envWith(settings: Settings = {}): Env {
	return { ...env, STDIO_URL: BRIDGE, ...settings };
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

export type Seen = { method: string; url: string; headers: Record<string, string>; body: string };

/** An answer of the bridge, or of a container. */
export type Answer = (request: Request) => Response | Promise<Response>;

/** Sessions of a bridge are UUIDs. */
export const opened: Answer = () => Response.json({}, { headers: { "Mcp-Session-Id": crypto.randomUUID() } });

/** Stands in for the network for the rest of the test. @returns what has reached the bridge so far */
export function fakeBridge(answer: Answer = opened): Seen[] {
	const seen: Seen[] = [];
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		const request = new Request(input, init);
		const { method, url, headers } = request;
		seen.push({ method, url, headers: Object.fromEntries(headers), body: await request.clone().text() });
		return answer(request);
	});
	return seen;
}

/** @returns what a refusal says */
export async function sentenceOf(response: Response): Promise<string> {
	const { error }: { error: { message: string } } = await response.json();
	return error.message;
}
