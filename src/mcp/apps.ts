/** The extension MCP Apps (`io.modelcontextprotocol/ui`, 2026-01-26): clients that show a tool's results on a view. */
import { EXTENSION_ID, getUiCapability, RESOURCE_MIME_TYPE } from "@modelcontextprotocol/ext-apps/server";
import type { ClientCapabilities } from "@modelcontextprotocol/server";

/** Whether a client said that it shows views. */
export function showsViews(capabilities: ClientCapabilities): boolean {
	// The capabilities of extensions are not checked on their way in.
	const types: unknown = getUiCapability(capabilities)?.mimeTypes;
	return Array.isArray(types) && types.includes(RESOURCE_MIME_TYPE);
}

/** The capabilities of a client that shows views. */
export const WITH_VIEWS = {
	extensions: { [EXTENSION_ID]: { mimeTypes: [RESOURCE_MIME_TYPE] } },
} satisfies ClientCapabilities;
