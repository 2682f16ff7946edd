/** Tasks, with the extension's own client: an image that is fetched after the server was killed while it drew it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import {
	type CreateTaskSessionFromClientOptions,
	createTaskSessionFromClient,
	type RawClientDispatch,
	resultFromTaskOutcome,
} from "@modelcontextprotocol/ext-tasks/client";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { type RunningServer, startServer, waitFor } from "./server.ts";
import { fetchOverHttp } from "./sign-in.ts";
import { pngSizeOf } from "./tool-client.ts";

/** The product's own configuration, with another entry point. */
const ENTRY = "test/e2e/held-image-server/index.ts";
const VERSION = "2026-07-28";
const INFO = { name: "end-to-end-test", version: "1.0.0" };
const CAPABILITIES = { elicitation: { form: {} } };
const PATIENCE_MILLISECONDS = 30_000;
const DRAWN = { width: 128, height: 128 };

let persistTo: string;
let server: RunningServer;
const open: { close(): Promise<void> }[] = [];

const start = (model: "held" | "failing", port?: number) =>
	startServer({ persistTo, flags: [ENTRY, "--var", `IMAGE_MODEL:${model}`], ...(port !== undefined && { port }) });

beforeEach(async () => {
	persistTo = await mkdtemp(join(tmpdir(), "e2e-tasks-"));
	server = await start("held");
});

afterEach(async () => {
	await Promise.allSettled(open.splice(0).map((one) => one.close()));
	await server.stop();
	await rm(persistTo, { recursive: true, force: true, maxRetries: 5 });
});

/** The wire, which the client of the extension leaves to its host: the SDK's own client does not let tasks through. */
function dispatchTo(url: string, token: string): RawClientDispatch {
	let id = 0;
	return async (request) => {
		const { method, params } = request as { method: string; params: { name?: string; taskId?: string } };
		const headers = {
			Authorization: `Bearer ${token}`,
			Accept: "application/json, text/event-stream",
			"Content-Type": "application/json",
			"MCP-Protocol-Version": VERSION,
			"Mcp-Method": method,
			"Mcp-Name": params.name ?? params.taskId ?? "",
		};
		const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
		const response = await fetch(url, { method: "POST", headers, body });
		const { result, error } = (await response.json()) as { result?: never; error?: never };
		return error ? { kind: "error", error } : { kind: "result", result: result ?? null };
	};
}

async function openTasks(token: string, onInputRequest?: CreateTaskSessionFromClientOptions["onInputRequest"]) {
	const url = `${server.origin}/mcp`;
	const client = new Client(INFO, { versionNegotiation: { mode: "auto" } });
	const requestInit = { headers: { Authorization: `Bearer ${token}` } };
	await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
	const session = createTaskSessionFromClient(client, {
		endpointId: "end-to-end",
		rawDispatch: dispatchTo(url, token),
		v2RequestFraming: { protocolVersion: VERSION, clientInfo: INFO, clientCapabilities: CAPABILITIES },
		...(onInputRequest && { onInputRequest }),
	});
	open.push(session, client);
	return session;
}

async function signIn(): Promise<string> {
	const options = { email: "painter@example.com", permissions: ["image_generation"] };
	return (await new OAuthClient(fetchOverHttp, server.origin).signIn(options)).access_token;
}

/** Kills all of the server in the middle of what it does, and starts it again with a model that fails at once. */
async function killAndStart(): Promise<void> {
	await server.stop("SIGKILL");
	server = await start("failing", server.port);
}

it("an image is drawn and fetched although the server was killed in the middle of the task", async () => {
	const token = await signIn();
	const session = await openTasks(token);
	const execution = await session.callTool("generateImage", { prompt: "a lighthouse" });
	if (execution.kind !== "task") throw new Error("There is no task");
	const task = session.task(execution.handle.taskId);
	const isDrawing = async () =>
		(await task.snapshot()).statusMessage?.startsWith("Waiting for the image model") === true;
	await waitFor("the image model to be asked", isDrawing, PATIENCE_MILLISECONDS);
	const reference = execution.serializeReference();
	await execution.detach();
	await killAndStart();
	const resumed = await (await openTasks(token)).resumeTask(reference);
	const { outcome } = await resumed.settle();
	expect(pngSizeOf(CallToolResultSchema.parse(resultFromTaskOutcome(outcome)))).toEqual(DRAWN);
});

it("a question of a task is answered after the server was killed", async () => {
	const token = await signIn();
	const never = () => new Promise<never>(() => {});
	const execution = await (await openTasks(token, never)).callTool("generateImage", {});
	if (execution.kind !== "task") throw new Error("There is no task");
	const reference = execution.serializeReference();
	await execution.detach();
	await killAndStart();
	const asked: string[] = [];
	const answering = await openTasks(token, async (request) => {
		asked.push(request.kind);
		return { action: "accept", content: { prompt: "a lighthouse" } } as never;
	});
	const { outcome } = await (await answering.resumeTask(reference)).settle();
	expect(pngSizeOf(CallToolResultSchema.parse(resultFromTaskOutcome(outcome)))).toEqual(DRAWN);
	expect(asked).toEqual(["elicitation"]);
});
