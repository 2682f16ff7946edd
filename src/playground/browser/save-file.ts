/** Saves a file that a view hands over. A frame cannot save files itself. */
import type { EmbeddedResource, ResourceLink } from "@modelcontextprotocol/client";
import { bytesOf } from "../../browser/base64.ts";
import { h } from "../../browser/element.ts";

/** @returns whether the user agreed, and it is a file that can be saved */
export function saveFile(content: EmbeddedResource | ResourceLink): boolean {
	if (content.type !== "resource") return false;
	const { uri, mimeType = "application/octet-stream" } = content.resource;
	const name = uri.split("/").at(-1) || "file";
	if (!confirm(`Save ${name}?`)) return false;
	const { resource } = content;
	const part = "blob" in resource ? bytesOf(resource.blob) : resource.text;
	const href = URL.createObjectURL(new Blob([part], { type: mimeType }));
	h("a", { href, download: name }).click();
	URL.revokeObjectURL(href);
	return true;
}
