/** Registers the tools on an MCP server, and checks access to them in lists and calls. */
import { waitUntil } from "cloudflare:workers";
import {
	type CallToolResult,
	isInputRequiredResult,
	type Tool as ListedTool,
	type McpServer,
} from "@modelcontextprotocol/server";
import { currentPrincipal } from "../../auth/principal.ts";
import { logError, UserError } from "../../errors.ts";
import { showsViews } from "../apps.ts";
import { type Context, contextOf, endingWith, type Serving } from "../context.ts";
import { DeadlineError, runUntilDeadline, secondsFor } from "../deadline.ts";
import type { Tool } from "../define/tool.ts";
import { metaOf } from "../define/view.ts";
import { permitted, refusal } from "../gate.ts";
import { iconsOf } from "../implementation.ts";
import { declaresTasks } from "../tasks/extension.ts";
import { logToolCall, type Outcome } from "./call-log.ts";
import { convertedOnce } from "./schema.ts";

/**
 * Registers tools on a server. The principal of each message decides which of them it may see and call.
 *
 * @param serving the data from which the context of a call is made
 */
export function registerTools(server: McpServer, tools: readonly Tool[], serving: Serving): void {
	if (tools.length === 0) return;
	for (const tool of tools) {
		const { title, description, annotations, input, output } = tool;
		const inputSchema = withLoggedMisfits(tool.name, convertedOnce(input));
		const schemas = { inputSchema, ...(output && { outputSchema: convertedOnce(output) }) };
		const config = { title, description, annotations, ...schemas };
		server.registerTool(tool.name, config, (args, mcp) =>
			callTool(tool, args, contextOf(tool.name, serving, mcp), serving),
		);
	}
	server.server.setRequestHandler("tools/list", () => ({
		tools: permitted(tools, currentPrincipal()).map((tool) => ({
			...describeTool(tool),
			...(tool.view && showsViews(serving.clientCapabilities()) && metaOf(tool.view)),
		})),
	}));
}

/** A tool as `tools/list` shows it. */
function describeTool(tool: Tool): ListedTool {
	const { name, title, description, annotations, input, output } = tool;
	const jsonSchemaOf = (schema: typeof input) => convertedOnce(schema)["~standard"].jsonSchema;
	const options = { target: "draft-2020-12" } as const;
	const inputSchema = jsonSchemaOf(input).input(options) as ListedTool["inputSchema"];
	const outputSchema = output && (jsonSchemaOf(output).output(options) as ListedTool["inputSchema"]);
	const icons = iconsOf("tools", tool, currentPrincipal().origin);
	return { name, title, description, ...icons, inputSchema, ...(outputSchema && { outputSchema }), annotations };
}

/** Logs calls with invalid arguments. The SDK answers them, so they never reach the tool. */
function withLoggedMisfits(tool: string, schema: ReturnType<typeof convertedOnce>): typeof schema {
	const { validate, ...standard } = schema["~standard"];
	return {
		"~standard": {
			...standard,
			async validate(value) {
				const result = await validate(value);
				if (result.issues) logToolCall(tool, currentPrincipal(), "invalid", 0);
				return result;
			},
		},
	};
}

/** Checks access and calls a tool with valid arguments. Every failure becomes a result. */
export function callTool(tool: Tool, args: Record<string, unknown>, context: Context, serving: Serving) {
	const start = Date.now();
	const log = (known: Outcome) => {
		const outcome = context.signal.aborted ? "cancelled" : known;
		logToolCall(tool.name, context, outcome, Date.now() - start);
		if (tool.long || tool.asks) serving.onCall?.(tool.name, outcome);
	};
	const called = runTool(tool, args, context, serving, log);
	// If the client disconnects, the tool may still clean up when its signal is aborted.
	waitUntil(called);
	return called;
}

/** @param log called once, with the outcome of the call */
async function runTool(
	tool: Tool,
	args: Record<string, unknown>,
	context: Context,
	{ env, canAsk }: Serving,
	log: (outcome: Outcome) => void,
) {
	const refused = refusal(tool, context);
	if (refused) {
		log("refused");
		return failed(refused);
	}
	const { requestId, signal: cancelled } = context;
	if (tool.onlyAsTask && !declaresTasks(context.clientCapabilities)) {
		log("refused");
		return failed(`${tool.name} runs only as a task, and your app did not say that it has tasks.`);
	}
	try {
		const call = { name: tool.name, requestId, seconds: secondsFor(tool, env), cancelled };
		const result = await runUntilDeadline(call, (signal) => tool.run(args, endingWith(signal, context) as never));
		if (isInputRequiredResult(result)) {
			if (!tool.asks) throw new Error("It returned inputRequired, and does not say `asks: true`");
			if (!canAsk) throw new UserError(`${tool.name} has to ask the user something, and your app said that it cannot.`);
			log("asked");
			return result;
		}
		const { content, structured } = result;
		const misfit = await misfitOf(tool, structured);
		if (misfit !== undefined) throw new Error(`Its result does not fit its output schema: ${misfit}`);
		log("ok");
		return { content: [...content], ...(structured && { structuredContent: structured }) };
	} catch (error) {
		if (error instanceof UserError) {
			log(error instanceof DeadlineError ? "timeout" : "failed");
			return failed(error.message);
		}
		log("error");
		// If the call was cancelled, an exception is just how it stopped.
		if (!cancelled.aborted) logError(`tool_${tool.name}_failed`, error, requestId);
		return failed(
			`${tool.name} failed unexpectedly. Contact the server's administrator and mention request ID ${requestId}.`,
		);
	}
}

/** What is wrong with a result; undefined if it fits. */
async function misfitOf({ output }: Tool, structured: unknown): Promise<string | undefined> {
	const { issues } = (await output?.["~standard"].validate(structured)) ?? {};
	return issues?.map(({ path, message }) => `${path?.map(String).join(".")}: ${message}`).join("; ");
}

function failed(text: string): CallToolResult {
	return { isError: true, content: [{ type: "text", text }] };
}
