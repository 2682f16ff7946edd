/** What the parts of the fixture share. */
import type { TextContent } from "@modelcontextprotocol/server";

/** What the suite does not look at, the same for every tool. */
export const COMMON = {
	scope: "tools",
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
} as const;

/** One pixel. */
export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** No samples: the header alone. */
export const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

export function text(text: string): TextContent {
	return { type: "text", text };
}
