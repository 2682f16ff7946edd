import { name, version } from "../../package.json";

/** What this server calls itself: to MCP clients, in its metadata, on its pages. */
export const SERVER_INFO = { name, title: "Remote MCP server", version } as const;
