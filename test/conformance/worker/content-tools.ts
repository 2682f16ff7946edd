/** Tools that answer with each kind of content, and tell how far they are. */
import { scheduler } from "node:timers/promises";
import { z } from "zod";
import { UserError } from "../../../src/errors.ts";
import { defineTool } from "../../../src/mcp/define/tool.ts";
import { COMMON, PNG, text, WAV } from "./common.ts";

const PAUSE_MILLISECONDS = 50;

const simpleText = defineTool({
	...COMMON,
	name: "test_simple_text",
	title: "Simple text",
	description: "Answers with text.",
	input: z.object({}),
	async run() {
		return { content: [text("This is a simple text response for testing.")] };
	},
});

const image = defineTool({
	...COMMON,
	name: "test_image_content",
	title: "Image",
	description: "Answers with an image.",
	input: z.object({}),
	async run() {
		return { content: [{ type: "image", data: PNG, mimeType: "image/png" }] };
	},
});

const audio = defineTool({
	...COMMON,
	name: "test_audio_content",
	title: "Audio",
	description: "Answers with audio.",
	input: z.object({}),
	async run() {
		return { content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }] };
	},
});

const embeddedResource = defineTool({
	...COMMON,
	name: "test_embedded_resource",
	title: "Embedded resource",
	description: "Answers with a resource.",
	input: z.object({}),
	async run() {
		const resource = {
			uri: "test://embedded-resource",
			mimeType: "text/plain",
			text: "This is an embedded resource content.",
		};
		return { content: [{ type: "resource", resource }] };
	},
});

const multipleContentTypes = defineTool({
	...COMMON,
	name: "test_multiple_content_types",
	title: "Multiple content types",
	description: "Answers with text, an image and a resource.",
	input: z.object({}),
	async run() {
		const resource = {
			uri: "test://mixed-content-resource",
			mimeType: "application/json",
			text: '{"test":"data","value":123}',
		};
		return {
			content: [
				text("Multiple content types test:"),
				{ type: "image", data: PNG, mimeType: "image/png" },
				{ type: "resource", resource },
			],
		};
	},
});

const error = defineTool({
	...COMMON,
	name: "test_error_handling",
	title: "Error",
	description: "Fails.",
	input: z.object({}),
	async run() {
		throw new UserError("This tool intentionally returns an error for testing");
	},
});

const withLogging = defineTool({
	...COMMON,
	name: "test_tool_with_logging",
	title: "Logging",
	description: "Logs while it works.",
	input: z.object({}),
	async run(_args, { request }) {
		await request.log("info", "Tool execution started");
		await scheduler.wait(PAUSE_MILLISECONDS);
		await request.log("info", "Tool processing data");
		await scheduler.wait(PAUSE_MILLISECONDS);
		await request.log("info", "Tool execution completed");
		return { content: [text("Tool with logging executed successfully")] };
	},
});

const withProgress = defineTool({
	...COMMON,
	name: "test_tool_with_progress",
	title: "Progress",
	description: "Tells how far it is.",
	input: z.object({}),
	async run(_args, { progress }) {
		await progress(0, 100, "Started");
		await scheduler.wait(PAUSE_MILLISECONDS);
		await progress(50, 100, "Half way");
		await scheduler.wait(PAUSE_MILLISECONDS);
		await progress(100, 100, "Done");
		return { content: [text("Tool with progress executed successfully")] };
	},
});

/** The suite reads the stream of the answer, and whether it could be taken up again. */
const reconnection = defineTool({
	...COMMON,
	name: "test_reconnection",
	title: "Reconnection",
	description: "Answers on a stream that can be resumed.",
	input: z.object({}),
	async run() {
		return { content: [text("Reconnection test completed successfully")] };
	},
});

export const contentTools = [
	simpleText,
	image,
	audio,
	embeddedResource,
	multipleContentTypes,
	error,
	withLogging,
	withProgress,
	reconnection,
];
