/** An `Agent` of the Agents SDK, in a second Worker, that gets its tools from this server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { z } from "zod";
import type { Answers } from "../support/person.ts";
import { type RunningServer, startServer } from "./server.ts";
import { signIn, signInAndReturn } from "./sign-in.ts";
import { ANYONES_TOOLS, addNumbers, callTool, listToolNames, type ToolClient } from "./tool-client.ts";

const CONFIG = join(import.meta.dirname, "agents-sdk-client/wrangler.jsonc");

const State = z.object({
	state: z.string().optional(),
	authUrl: z.url().optional(),
	protocolVersion: z.string().optional(),
	tools: z.array(z.object({ name: z.string() })),
});

const origin = inject("origin");
let persistTo: string;
let worker: RunningServer;

beforeAll(async () => {
	persistTo = await mkdtemp(join(tmpdir(), "e2e-agents-sdk-"));
	worker = await startWorker();
});

afterAll(async () => {
	await worker?.stop();
	await rm(persistTo, { recursive: true, force: true, maxRetries: 5 });
});

/** The flags make `npm start` run the second Worker: they go to `wrangler dev`. */
function startWorker(port?: number): Promise<RunningServer> {
	const flags = ["--config", CONFIG, "--var", `MCP_URL:${origin}/mcp`];
	return startServer({ persistTo, flags, ...(port !== undefined && { port }) });
}

/** One person's instance of the Agent. */
class Assistant implements ToolClient {
	readonly #path: string;

	constructor(person: string) {
		this.#path = `/agents/assistant/${person}`;
	}

	async state() {
		return State.parse(await (await this.#fetch()).json());
	}

	async listTools() {
		return this.state();
	}

	async callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown> {
		const response = await this.#post(call);
		if (response.status === 200) return response.json();
		throw new Error(`The agent answered ${response.status}: ${await response.text()}`);
	}

	/** Asks for a sum, and returns the address to which the agent sends the person instead. */
	async askWhereToSignIn(): Promise<string> {
		const response = await this.#post({ name: "add", arguments: { a: 2, b: 3 } });
		expect(response.status).toBe(302);
		return response.headers.get("Location") ?? "";
	}

	async signIn(answers?: Answers): Promise<void> {
		await signInAndReturn(await this.askWhereToSignIn(), answers);
	}

	#post(call: object): Promise<Response> {
		return this.#fetch({ method: "POST", body: JSON.stringify(call), redirect: "manual" });
	}

	#fetch(init?: RequestInit): Promise<Response> {
		return fetch(worker.origin + this.#path, init);
	}
}

it("an agent asks for a sign-in, then lists the tools and calls them", async () => {
	const alice = new Assistant("alice");
	const authUrl = await alice.askWhereToSignIn();
	expect(new URL(authUrl).origin).toBe(origin);
	expect(new URL(authUrl).searchParams.get("redirect_uri")).toBe(`${worker.origin}/agents/assistant/alice/callback`);
	expect(await alice.state()).toEqual({ state: "authenticating", authUrl, tools: [] });

	await signInAndReturn(authUrl);

	const { state, protocolVersion, tools } = await alice.state();
	expect(state).toBe("ready");
	expect(protocolVersion).toBe("2026-07-28");
	expect(tools.map(({ name }) => name)).toEqual(ANYONES_TOOLS);
	expect(await callTool(alice, "add", { a: 2, b: 3 })).toMatchObject({
		content: [{ type: "text", text: "5" }],
		structuredContent: { sum: 5 },
	});
});

it("each instance has a connection of its own, for the person who signed in there", async () => {
	const [bob, carol] = [new Assistant("bob"), new Assistant("carol")];
	await bob.signIn({ email: "bob@example.com" });
	await expect(callTool(carol, "whoami")).rejects.toThrow("The agent answered 302");
	await carol.signIn({ email: "carol@example.com", permissions: ["image_generation"] });
	for (const [assistant, email] of [
		[bob, "bob@example.com"],
		[carol, "carol@example.com"],
	] as const) {
		expect(await callTool(assistant, "whoami")).toMatchObject({ structuredContent: { email } });
	}
	expect(await listToolNames(bob)).not.toContain("generateImage");
	expect(await listToolNames(carol)).toContain("generateImage");
});

it("a person who denies is told so, and may think again", async () => {
	const dave = new Assistant("dave");
	const callback = await signIn(await dave.askWhereToSignIn(), { decision: "deny" });
	const response = await fetch(callback);
	expect(response.status).toBe(400);
	expect(await response.text()).toContain("access_denied");
	expect((await dave.state()).state).toBe("failed");

	await dave.signIn();

	expect(await addNumbers(dave, 2, 3)).toBe("5");
});

it("goes on without a new sign-in when its Worker restarts", async () => {
	const erin = new Assistant("erin");
	await erin.signIn({ email: "erin@example.com" });
	expect(await addNumbers(erin, 2, 3)).toBe("5");

	await worker.stop();
	worker = await startWorker(worker.port);

	expect(await erin.state()).toMatchObject({ state: "ready", tools: ANYONES_TOOLS.map((name) => ({ name })) });
	expect(await addNumbers(erin, 3, 4)).toBe("7");
	expect(await callTool(erin, "whoami")).toMatchObject({ structuredContent: { email: "erin@example.com" } });
});
