/** How this server names itself to clients: the `Implementation` of the MCP schema. */
import type { Implementation } from "@modelcontextprotocol/server";
import type { ServerInfo } from "./definition.ts";

/** @param origin of the server, where its home page and its icon are */
export function implementationOf({ name, title, version, summary }: ServerInfo, origin: string): Implementation {
	return {
		name,
		title,
		version,
		...(summary !== undefined && { description: summary }),
		websiteUrl: `${origin}/`,
		icons: [iconAt(`${origin}/icon.svg`)],
	};
}

/** An icon of any size (MCP 2025-11-25, `Icon`). */
export function iconAt(src: string) {
	return { src, mimeType: "image/svg+xml", sizes: ["any"] };
}

/** The path of a tool's icon. */
export function toolIconPath(name: string): string {
	return `/icons/${name}.svg`;
}
