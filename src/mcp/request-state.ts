/**
 * The state of an `inputRequired` exchange. The client keeps it until it sends the answers, so it is signed, and bound
 * to the user, the client, and the tool or prompt that made it
 * (MCP 2026-07-28, multi round-trip requests, and elicitation, security considerations).
 */
import {
	createRequestStateCodec,
	ProtocolError,
	ProtocolErrorCode,
	type RequestStateCodec,
	type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { VISITOR_PROVIDER } from "../auth/grant.ts";
import { currentPrincipal } from "../auth/principal.ts";
import { secretsFor } from "../auth/signing-key.ts";

const sealedSchema = z.object({ name: z.string(), state: z.unknown() });

/** The codec of the current key comes first. */
async function codecs(env: Env): Promise<RequestStateCodec[]> {
	const secrets = await secretsFor("request-state", env, currentPrincipal().isLocal);
	const { user, clientId } = currentPrincipal();
	// Without a session, each request has a new visitor.
	const owner = user.provider === VISITOR_PROVIDER ? VISITOR_PROVIDER : `${user.id}\0${clientId}`;
	const bind = ({ mcpReq }: ServerContext) => `${mcpReq.method}\0${owner}`;
	return secrets.map((key) => createRequestStateCodec({ key, bind }));
}

/**
 * @param name the tool or prompt that may open the state again
 * @returns an opaque string for `inputRequired({ requestState })`
 */
export async function sealState(env: Env, name: string, state: unknown, mcp: ServerContext): Promise<string> {
	const [codec] = await codecs(env);
	if (!codec) throw new Error("There is no key to seal with");
	return codec.mint({ name, state }, mcp);
}

/**
 * Checks a returned state, for the SDK.
 *
 * @throws Error if the state was changed, is too old, or was made for another user, client or method
 */
export async function verifyState(env: Env, sealed: string, mcp: ServerContext): Promise<unknown> {
	const [current, ...previous] = await codecs(env);
	let verified = current?.verify(sealed, mcp);
	for (const codec of previous) verified = verified?.catch(() => codec.verify(sealed, mcp));
	return verified;
}

/**
 * The state that a tool or prompt sealed in the round before; undefined in the first round.
 *
 * @throws ProtocolError if another tool or prompt sealed it
 */
export function openState(name: string, { mcpReq }: ServerContext): unknown {
	const verified = mcpReq.requestState<unknown>();
	if (verified === undefined) return undefined;
	const { data } = sealedSchema.safeParse(verified);
	if (data?.name === name) return data.state;
	throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Invalid or expired requestState", {
		reason: "invalid_request_state",
	});
}
