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

/** The kinds of catalogue items. Each has its own names. */
type Kind = "tools" | "resources" | "prompts";

/** The path of an item's icon. Those of tools are at the top. */
export function iconPath(kind: Kind, name: string): string {
	return kind === "tools" ? `/icons/${name}.svg` : `/icons/${kind}/${name}.svg`;
}

/** The icons of an item, for a list; nothing if it has none. */
export function iconsOf(kind: Kind, { name, icon }: { readonly name: string; readonly icon?: string }, origin: string) {
	return icon === undefined ? {} : { icons: [iconAt(origin + iconPath(kind, name))] };
}
