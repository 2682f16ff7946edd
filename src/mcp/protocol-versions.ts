/** The protocol versions of `/mcp`. */
import { SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/server";

/** The version without sessions. The SDK does not list it among the others. */
export const STATELESS_VERSION = "2026-07-28";

export const PROTOCOL_VERSIONS: readonly string[] = [STATELESS_VERSION, ...SUPPORTED_PROTOCOL_VERSIONS];
