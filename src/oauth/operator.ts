/**
 * Where an operator sees and ends the grants of any user, with the secret OPERATOR_KEY: `npm run grants` calls it. The
 * user's object ends a grant, so that streams and calls end with it.
 */
import { OAuthError } from "@cloudflare/workers-oauth-provider";
import { type Context, Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { z } from "zod";
import type { AppEnv } from "../app-env.ts";
import { audit } from "../audit.ts";
import { logError } from "../errors.ts";
import { answerError, refuse } from "../http/answers.tsx";
import { readBody } from "../http/body.ts";
import { type GrantNote, listNotes, parseJson, parseNote, readTexts } from "./grant-notes.ts";
import type { GrantRecord } from "./grant-record.ts";
import { grantsOf } from "./grants.ts";
import {
	type GrantList,
	type ListedGrant,
	type ListQuery,
	listQuerySchema,
	type RevocationRequest,
	type Revoked,
	revocationSchema,
} from "./operator-contract.ts";
import { readSignInSettings } from "./settings.ts";
import { answerStorageError } from "./storage.ts";

/** The size of a page: the most that Workers KV reads in one operation. */
const PAGE_SIZE = 100;
/** How many grants, and so users' objects, a request may end. A Worker may make 1,000 subrequests, and these take two each. */
const BATCH_SIZE = 50;
const MAX_NAME_LENGTH = 100;

const WRONG_QUERY =
	"Send no parameters for all grants, `user` for those of one user, `client` for those of one client, and with the `cursor` of a page for the next one.";
const WRONG_REVOCATION =
	'Send one of these as JSON: {"user": "…"} with or without "grant", {"client": "…"}, {"everybody": true}. The last two can have the "cursor" of the answer before.';

export const operatorApp = new Hono<AppEnv>();

operatorApp.onError((error, c) => (error instanceof OAuthError ? answerStorageError(error) : answerError(error, c)));

operatorApp.use(async (c, next) => {
	const { operatorKey } = readSignInSettings(c.env);
	if (operatorKey === undefined) return c.notFound();
	const message = () => refuseKey(c);
	const door = bearerAuth<AppEnv>({
		token: operatorKey,
		noAuthenticationHeader: { message },
		invalidAuthenticationHeader: { message },
		invalidToken: { message },
	});
	return door(c, async () => {
		await next();
		c.res.headers.set("Cache-Control", "no-store");
	});
});

operatorApp.get("/", async (c) => {
	const { data: query } = listQuerySchema.safeParse(c.req.query());
	if (!query) return refuse(c, 400, WRONG_QUERY);
	return c.json(query.user === undefined ? await listNoted(c, query) : await listOfUser(c, query.user, query));
});

operatorApp.post("/revoke", async (c) => {
	const { data: asked } = revocationSchema.safeParse(parseJson(await readBody(c.env, () => c.req.text())));
	if (!asked) return refuse(c, 400, WRONG_REVOCATION);
	return c.json("user" in asked ? await revokeOfUser(c, asked) : await revokeNoted(c, asked));
});

function refuseKey(c: Context<AppEnv>): Response {
	audit("refused", { requestId: c.get("requestId"), outcome: "operator_key" });
	const sentence = "This address needs the server's OPERATOR_KEY, as the header Authorization: Bearer <key>.";
	const headers = { "WWW-Authenticate": 'Bearer realm="operator"', "Cache-Control": "no-store" };
	return Response.json({ error: "invalid_token", error_description: sentence }, { status: 401, headers });
}

async function listOfUser(c: Context<AppEnv>, user: string, { client }: ListQuery): Promise<GrantList> {
	const grants = await grantsOf(c.env, user).grants();
	const listed = grants.map((grant) => describe(grant, grant.metadata.name));
	return { grants: listed.filter((grant) => client === undefined || grant.client === client) };
}

/** A page takes three operations of Workers KV at most. */
async function listNoted(c: Context<AppEnv>, { client, cursor: before }: ListQuery): Promise<GrantList> {
	const { keys, cursor } = await listNotes(c.env, before, PAGE_SIZE);
	const meant = keys.filter((key) => client === undefined || (key.client ?? client) === client);
	const texts = await readTexts(
		c.env,
		meant.map(({ name }) => name),
	);
	const notes = texts
		.flatMap(([, text]) => parseNote(text) ?? [])
		.filter(({ clientId }) => client === undefined || clientId === client);
	const names = await readClientNames(c.env, notes);
	const grants = notes.map((note) => describe(note, names.get(note.clientId)));
	return { grants, ...(cursor !== undefined && { cursor }) };
}

function describe(
	{ userId: user, id: grant, clientId: client, scope: scopes, createdAt, expiresAt }: GrantNote | GrantRecord,
	name: string | undefined,
): ListedGrant {
	const more = { ...(name !== undefined && { name }), ...(expiresAt !== undefined && { expiresAt }) };
	return { user, grant, client, scopes, createdAt, ...more };
}

const clientSchema = z.object({ clientId: z.string(), clientName: z.string() });

/** By client. A client with a metadata document has no record, and its id is an address. */
async function readClientNames(env: Env, notes: readonly GrantNote[]): Promise<Map<string, string>> {
	const registered = new Set(notes.map(({ clientId }) => clientId).filter((id) => !/^https:/i.test(id)));
	const texts = await readTexts(
		env,
		[...registered].map((id) => `client:${id}`),
	);
	const clients = texts.flatMap(([, text]) => clientSchema.safeParse(parseJson(text)).data ?? []);
	return new Map(clients.map(({ clientId, clientName }) => [clientId, clientName.slice(0, MAX_NAME_LENGTH)]));
}

/** @throws OAuthError if the user's object does not answer */
async function revokeOfUser(
	c: Context<AppEnv>,
	{ user, grant }: Extract<RevocationRequest, { user: string }>,
): Promise<Revoked> {
	const revoked = grant === undefined ? await revokeAll(c, user) : await revokeSome(c, user, ({ id }) => id === grant);
	return { revoked, unreachable: [] };
}

/**
 * Revokes a batch of the grants that are noted. If a user's object does not answer, the others are revoked all the same.
 * Of a client, only noted grants are revoked, because a user may have more grants than a request can end.
 */
async function revokeNoted(c: Context<AppEnv>, asked: Exclude<RevocationRequest, { user: string }>): Promise<Revoked> {
	const client = "client" in asked ? asked.client : undefined;
	const { keys, cursor } = await listNotes(c.env, asked.cursor, BATCH_SIZE);
	const meant = keys.filter((key) => client === undefined || (key.client ?? client) === client);
	const unreachable: string[] = [];
	const revocations = [...Map.groupBy(meant, ({ user }) => user)].map(async ([user, noted]) => {
		const ids = new Set(noted.map(({ grant }) => grant));
		try {
			if (client === undefined) return await revokeAll(c, user);
			return await revokeSome(c, user, ({ id, clientId }) => clientId === client && ids.has(id));
		} catch (error) {
			logError("grants_not_revoked", error, c.get("requestId"));
			unreachable.push(user);
			return 0;
		}
	});
	const counts = await Promise.all(revocations);
	const revoked = counts.reduce((sum, count) => sum + count, 0);
	return { revoked, unreachable, ...(cursor !== undefined && { cursor }) };
}

/** What is the same in each revocation of a user. */
function revocationOf(c: Context<AppEnv>, userId: string) {
	const { origin } = new URL(c.req.url);
	return { origin, userId, requestId: c.get("requestId"), reason: "administrator" } as const;
}

function revokeAll(c: Context<AppEnv>, user: string): Promise<number> {
	return grantsOf(c.env, user).revokeAll(revocationOf(c, user));
}

/** @returns how many of the user's grants were meant */
async function revokeSome(c: Context<AppEnv>, user: string, isMeant: (grant: GrantRecord) => boolean): Promise<number> {
	const grants = grantsOf(c.env, user);
	const meant = (await grants.grants()).filter(isMeant);
	await Promise.all(meant.map(({ id: grantId }) => grants.revoke({ ...revocationOf(c, user), grantId })));
	return meant.length;
}
