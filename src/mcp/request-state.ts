/**
 * The state that an `inputRequired` result leaves with the client until it comes back with the answers. It is in the
 * client's hands meanwhile, so it is signed, and bound to the user and to what gave it away
 * (MCP 2026-07-28, multi round-trip requests).
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

/** Of the current key first. */
async function codecs(env: Env): Promise<RequestStateCodec[]> {
	const secrets = await secretsFor("request-state", env, currentPrincipal().isLocal);
	const { user } = currentPrincipal();
	// A visitor without a session is another one with each request.
	const owner = user.provider === VISITOR_PROVIDER ? VISITOR_PROVIDER : user.id;
	const bind = ({ mcpReq }: ServerContext) => `${mcpReq.method}\0${owner}`;
	return secrets.map((key) => createRequestStateCodec({ key, bind }));
}

/**
 * @param name the tool or prompt that may have it back
 * @returns an opaque string for `inputRequired({ requestState })`
 */
export async function sealState(env: Env, name: string, state: unknown, mcp: ServerContext): Promise<string> {
	const [codec] = await codecs(env);
	if (!codec) throw new Error("There is no key to seal with");
	return codec.mint({ name, state }, mcp);
}

/**
 * Checks what came back, for the SDK.
 *
 * @throws Error for a state that was changed, is too old, or was given to another user or for another method
 */
export async function verifyState(env: Env, sealed: string, mcp: ServerContext): Promise<unknown> {
	const [current, ...previous] = await codecs(env);
	let verified = current?.verify(sealed, mcp);
	for (const codec of previous) verified = verified?.catch(() => codec.verify(sealed, mcp));
	return verified;
}

/**
 * What a tool or prompt sealed in the round before; undefined in the first.
 *
 * @throws ProtocolError for what another one sealed
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
