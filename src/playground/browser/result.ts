/** Shows what a tool, a resource or a prompt answered. */
import type { CallToolResult, ContentBlock, GetPromptResult, ReadResourceResult } from "@modelcontextprotocol/client";
import { h } from "../../browser/element.ts";

export function toolResult({ content, structuredContent, isError }: CallToolResult): HTMLElement[] {
	const blocks = content.map(contentBlock);
	if (isError) return [h("div", { className: "problem", role: "alert" }, ...blocks)];
	return structuredContent === undefined ? blocks : [...blocks, json("As data (JSON)", structuredContent)];
}

export function resourceResult({ contents }: ReadResourceResult): HTMLElement[] {
	return contents.map(resourceContents);
}

export function promptResult({ messages }: GetPromptResult): HTMLElement[] {
	return messages.map(({ role, content }) =>
		h("div", {}, h("p", { className: "note muted" }, role === "user" ? "User" : "Assistant"), contentBlock(content)),
	);
}

/** An error of the protocol or the network. */
export function problem(sentence: string): HTMLElement {
	return h("p", { className: "problem", role: "alert" }, sentence);
}

function contentBlock(block: ContentBlock): HTMLElement {
	switch (block.type) {
		case "text":
			return h("pre", { className: "text" }, block.text);
		case "image":
			return h("img", { src: dataUrl(block.mimeType, block.data), alt: "The image of the result" });
		case "audio":
			return h("audio", { src: dataUrl(block.mimeType, block.data), controls: true });
		case "resource":
			return resourceContents(block.resource);
		case "resource_link":
			return h("p", {}, "Resource ", h("code", {}, block.uri), block.description ? `: ${block.description}` : "");
	}
}

function resourceContents(resource: ReadResourceResult["contents"][number]): HTMLElement {
	const { uri, mimeType = "application/octet-stream" } = resource;
	const name = h("p", { className: "note muted" }, h("code", {}, uri));
	if ("text" in resource) return h("div", {}, name, h("pre", { className: "text" }, resource.text));
	const url = dataUrl(mimeType, resource.blob);
	if (mimeType.startsWith("image/")) return h("div", {}, name, h("img", { src: url, alt: `The image ${uri}` }));
	return h(
		"div",
		{},
		name,
		h("a", { href: url, download: uri.split("/").at(-1) || "resource" }, `Download ${mimeType}`),
	);
}

function dataUrl(mimeType: string, base64: string): string {
	return `data:${mimeType};base64,${base64}`;
}

function json(title: string, value: unknown): HTMLElement {
	return h("details", {}, h("summary", {}, title), h("pre", {}, JSON.stringify(value, null, 2)));
}
