/** The protocol versions of `/mcp`. */
import { SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/server";

/** The version without sessions, which the SDK keeps apart from the others. */
export const STATELESS_VERSION = "2026-07-28";

export const PROTOCOL_VERSIONS: readonly string[] = [STATELESS_VERSION, ...SUPPORTED_PROTOCOL_VERSIONS];
