/** The headers of Streamable HTTP (MCP, transports). */
export const SESSION_HEADER = "Mcp-Session-Id";
export const LAST_EVENT_HEADER = "Last-Event-ID";
export const VERSION_HEADER = "Mcp-Protocol-Version";

/** Describes a WebSocket to a user's object. Only the Worker can reach the object. */
export const STREAM_HEADER = "X-Stream";
