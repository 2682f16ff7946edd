/** The headers of Streamable HTTP (MCP, transports). */
export const SESSION_HEADER = "Mcp-Session-Id";
export const LAST_EVENT_HEADER = "Last-Event-ID";
export const VERSION_HEADER = "Mcp-Protocol-Version";

/** Says what a WebSocket to a user's object is for; nobody but the Worker reaches the object. */
export const STREAM_HEADER = "X-Stream";
