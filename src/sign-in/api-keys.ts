/** Programs send an API key with each request. `npm run keys` makes the keys. */
import type { Context } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import type { AppEnv } from "../app-env.ts";
import { type ApiKey, apiKeySchema, isKey, recordName } from "../auth/api-key.ts";
import { API_KEY_PROVIDER, userId } from "../auth/grant.ts";
import { knownPermissions } from "../auth/permissions.ts";
import { isScope, scopesAt } from "../auth/scopes.ts";
import { readSettings } from "../auth/settings.ts";
import { logError, UnavailableError } from "../errors.ts";
import type { Endpoint } from "../http/endpoints.ts";
import { limitGuesses } from "../http/limit-address.ts";
import { logOnce } from "../http/misconfigured.tsx";
import type { SignIn } from "../mcp/define/sign-in.ts";
import type { Server } from "../mcp/definition.ts";
import type { Admission } from "../mcp/visit.ts";
import { within } from "../within.ts";
import { routeEndpoints } from "./route-endpoints.ts";

/** The same as the lifetime of an access token. Then open streams end, and a revoked key cannot open a new one. */
const STREAM_SECONDS = 60 * 60;

const MISSING = "This server wants an API key: send it as the header Authorization: Bearer <key>.";
const INVALID =
	"This API key is not valid here: it was revoked, has expired, or was never made. Ask the administrator.";

/** The API key of each request that was let in. */
const bearers = new WeakMap<Request, ApiKey>();

/** Keys are stored in OAUTH_KV under their SHA-256. Because KV is cached, a revoked key works for up to a minute. */
export function apiKeys(): SignIn<never> {
	return {
		hasUsers: true,
		apis: {},
		route(app, server, handlerAt) {
			const door = bearerAuth({
				async verifyToken(token, c: Context<AppEnv>) {
					const key = await findKey(c, token);
					if (key) bearers.set(c.req.raw, key);
					return key !== undefined;
				},
				noAuthenticationHeader: { message: challenge(server, MISSING) },
				invalidAuthenticationHeader: { message: challenge(server, MISSING) },
				invalidToken: { message: challenge(server, INVALID, 'error="invalid_token"') },
			});
			const answer = (c: Context<AppEnv>, path: Endpoint) => {
				const key = bearers.get(c.req.raw);
				if (!key) throw new Error("A request came through the door without a key");
				return handlerAt(path)(c.req.raw, c.env, admit(key, server, c.env));
			};
			routeEndpoints(app, server, answer, limitGuesses(), door);
		},
		problems: () => [],
		warnings: () => [],
		describe: () => ({
			way: "api-key",
			next: "It sends your API key with each request: ask the administrator of this server for one.",
			header: { name: "Authorization", value: "Bearer YOUR_API_KEY" },
		}),
	};
}

/** RFC 6750, section 3. It names no resource metadata, because no authorization server issues tokens here. */
function challenge({ info }: Server, sentence: string, error?: string): () => Response {
	const headers = { "WWW-Authenticate": `Bearer ${[`realm="${info.name}"`, error].filter(Boolean).join(", ")}` };
	const body = { error: "invalid_token", error_description: sentence };
	return () => Response.json(body, { status: 401, headers });
}

async function findKey(c: Context<AppEnv>, token: string): Promise<ApiKey | undefined> {
	if (!isKey(token)) return undefined;
	const name = await recordName(token);
	const { storageTimeoutSeconds } = readSettings(c.env);
	const read = within(storageTimeoutSeconds, "Workers KV", c.env.OAUTH_KV.get(name, "json"));
	const record = await read.catch((error: unknown) => {
		logError("storage_unavailable", error, c.get("requestId"));
		throw new UnavailableError("This server's storage does not answer. Try again in a minute.");
	});
	if (record === null) return undefined;
	const { data, error } = apiKeySchema.safeParse(record);
	if (error) logError("api_key_unreadable", error, c.get("requestId"));
	const isOver = data?.expiresAt !== undefined && data.expiresAt <= Date.now() / 1000;
	return isOver ? undefined : data;
}

function admit(key: ApiKey, server: Server, env: Env): Admission {
	const { id, name, permissions, expiresAt } = key;
	const scopes = key.scopes ?? scopesAt(server, env, "");
	const unknown = [
		...permissions.filter((permission) => !Object.hasOwn(server.permissions, permission)),
		...scopes.filter((scope) => !isScope(server, scope)),
	];
	logOnce(
		"api_key_name_unknown",
		unknown.map((what) => `The API key ${id} names ${what}, which is no permission or scope of this server.`),
	);
	const user = userId("key", id);
	const streamEnd = Math.floor(Date.now() / 1000) + STREAM_SECONDS;
	return {
		user: {
			id: user,
			provider: API_KEY_PROVIDER,
			login: name,
			// Two keys can have the same name.
			isLoginUnique: false,
			name,
			emailVerified: false,
			permissions: knownPermissions(server, permissions),
		},
		clientId: user,
		scopes,
		grantId: user,
		expiresAt: Math.min(expiresAt ?? streamEnd, streamEnd),
	};
}
