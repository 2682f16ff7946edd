/** Serves the Tasks extension from the Worker: each request is passed on to the user's object, where the tasks are. */
import {
	CLIENT_CAPABILITIES_META_KEY,
	type McpServer,
	MissingRequiredClientCapabilityError,
	ProtocolError,
	ProtocolErrorCode,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { currentPrincipal } from "../../auth/principal.ts";
import { logError, UserError } from "../../errors.ts";
import { traceparentOf } from "../../http/trace-context.ts";
import type { Tool } from "../define/tool.ts";
import type { Server } from "../definition.ts";
import { permits } from "../gate.ts";
import type { Tasks } from "../object/tasks/tasks.ts";
import { openState } from "../request-state.ts";
import { userObjectOf } from "../user-object.ts";
import { type Remote, remote } from "../user-state.ts";
import { declaresTasks, isForTasks, offersTasks, TASKS } from "./extension.ts";

const idParams = z.object({ taskId: z.string() });
const callParams = z.object({ arguments: z.record(z.string(), z.unknown()).default({}) });

/** The tool of a call that becomes a task, or that is refused because its client has no tasks. */
export function taskToolOf(server: Server, message: unknown): Tool | undefined {
	const { method, params } = Object(message);
	if (method !== "tools/call") return undefined;
	const { name, arguments: args = {}, _meta, inputResponses } = Object(params);
	const tool = server.catalogue.tools.find((one) => one.name === name);
	const capabilities = Object(Object(_meta)[CLIENT_CAPABILITIES_META_KEY]);
	if (!tool || !isForTasks(tool, server, capabilities, inputResponses !== undefined)) return undefined;
	// A call that fails anyway is answered as for every other client.
	const isGood = permits(tool, currentPrincipal()) && tool.input.safeParse(args).success;
	return isGood ? tool : undefined;
}

/** Has a server answer the calls of a tool with tasks. */
export function answerWithTask(server: McpServer, tool: Tool, env: Env): void {
	server.server.setRequestHandler("tools/call", { params: callParams }, (params, mcp) =>
		answered(async () => {
			const { inputResponses, _meta } = mcp.mcpReq;
			const principal = currentPrincipal();
			const capabilities = checkedCapabilities(server);
			const call = { tool: tool.name, args: params.arguments, capabilities, state: openState(tool.name, mcp) };
			const traceparent = traceparentOf(_meta?.traceparent) ?? principal.traceparent;
			const started = await tasksOf(env).start(
				{ ...call, ...(inputResponses && { answers: inputResponses }) },
				{ ...principal, traceparent },
			);
			if ("task" in started) return { resultType: "task", ...started.task };
			return { isError: true, content: [{ type: "text", text: started.refused }] };
		}),
	);
}

/** Advertises the extension, and answers its methods. */
export function registerTasks(server: McpServer, definition: Server, env: Env): void {
	if (!offersTasks(definition)) return;
	server.server.registerCapabilities({ extensions: { [TASKS]: {} } });
	server.server.setRequestHandler("tasks/get", { params: idParams }, ({ taskId }) =>
		answered(async () => {
			checkedCapabilities(server);
			return found(await tasksOf(env).get(taskId, currentPrincipal()));
		}),
	);
	// The SDK takes the answers out of the parameters.
	server.server.setRequestHandler("tasks/update", { params: idParams }, ({ taskId }, { mcpReq }) =>
		answered(async () => {
			checkedCapabilities(server);
			const answers = mcpReq.inputResponses ?? {};
			const { problem } = found(await tasksOf(env).update(taskId, answers, currentPrincipal()));
			if (problem !== undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, problem);
			return {};
		}),
	);
	server.server.setRequestHandler("tasks/cancel", { params: idParams }, ({ taskId }) =>
		answered(async () => {
			checkedCapabilities(server);
			found((await tasksOf(env).cancel(taskId, currentPrincipal())) || undefined);
			return {};
		}),
	);
}

function tasksOf(env: Env): Remote<Tasks> {
	return remote((method, args) => userObjectOf(env, currentPrincipal().user.id).useTasks(method, args));
}

/** @throws ProtocolError if the client did not say in this request that it has tasks */
function checkedCapabilities({ server }: McpServer) {
	const capabilities = server.getClientCapabilities() ?? {};
	if (declaresTasks(capabilities)) return capabilities;
	throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS]: {} } } });
}

/** Another user's task, another client's, an expired one and one that never was look the same. */
function found<T>(result: T | undefined): T {
	if (result !== undefined) return result;
	throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Task not found. It may have expired.");
}

async function answered<T>(answer: () => Promise<T>): Promise<T> {
	try {
		return await answer();
	} catch (error) {
		if (error instanceof ProtocolError) throw error;
		if (error instanceof UserError) throw new ProtocolError(ProtocolErrorCode.InternalError, error.message);
		const { requestId } = currentPrincipal();
		logError("task_failed", error, requestId);
		const sentence = `This server failed unexpectedly. Contact its administrator and mention request ID ${requestId}.`;
		throw new ProtocolError(ProtocolErrorCode.InternalError, sentence);
	}
}
