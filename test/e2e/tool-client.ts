/** What all MCP clients have in common, whichever SDK they come from. */

import { type CallToolResult, CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";

/** The demo's tools, of a user with every scope: those that anyone may use, or all. */
export const ANYONES_TOOLS = ["add", "whoami", "remember", "recall", "forget", "search", "fetch"];
export const ALL_TOOLS = ["add", "generateImage", "whoami", "remember", "recall", "forget", "search", "fetch"];

export type ToolClient = {
	listTools(): Promise<{ tools: { name: string }[] }>;
	callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
};

export async function listToolNames(client: ToolClient): Promise<string[]> {
	const { tools } = await client.listTools();
	return tools.map(({ name }) => name);
}

export async function callTool(
	client: Pick<ToolClient, "callTool">,
	name: string,
	args: Record<string, unknown> = {},
): Promise<CallToolResult> {
	return CallToolResultSchema.parse(await client.callTool({ name, arguments: args }));
}

/** The text of a call's answer. */
export function textOf(result: CallToolResult): string {
	return result.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** What `add` says that a and b make. */
export async function addNumbers(client: Pick<ToolClient, "callTool">, a: number, b: number): Promise<string> {
	return textOf(await callTool(client, "add", { a, b }));
}

/** Width and height of the picture in a call's answer. */
export function pngSizeOf(result: CallToolResult): { width: number; height: number } {
	const image = result.content.find((part) => part.type === "image");
	if (image?.mimeType !== "image/png") throw new Error(`No PNG in ${JSON.stringify(result)}`);
	return pngSize(Buffer.from(image.data, "base64"));
}

/** Width and height that a PNG file says it has. */
export function pngSize(bytes: Buffer): { width: number; height: number } {
	// PNG section 5.2 (signature) and 11.2.2 (IHDR, which comes first).
	if (bytes.toString("latin1", 0, 8) !== "\x89PNG\r\n\x1a\n") throw new Error("Not a PNG file");
	return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
