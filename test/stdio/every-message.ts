/** Every kind of message that the protocol has, asked of the reference server. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestClient } from "./clients.ts";
import { waitFor } from "./processes.ts";

const DOCUMENT = "demo://resource/static/document/features.md";

/** Defines the tests of one client, in the `describe` that calls it. */
export function testEveryMessage(connect: () => Promise<TestClient>, version: string | undefined): void {
	let client: TestClient;
	beforeAll(async () => {
		client = await connect();
	});
	afterAll(() => client.close());

	it("speaks the protocol's version that it wants", () => {
		expect(client.version()).toBe(version);
		expect(client.capabilities()).toMatchObject({ tools: {}, resources: {}, prompts: {}, completions: {} });
	});

	it("lists and calls tools", async () => {
		const names = (await client.tools()).map(({ name }) => name);
		expect(names).toEqual(expect.arrayContaining(["echo", "trigger-sampling-request", "trigger-elicitation-request"]));
		expect(await client.call("echo", { message: "Grüße 🚀" })).toMatchObject({ content: [{ text: "Echo: Grüße 🚀" }] });
	});

	it("gets images, annotations, structured content, links and embedded resources", async () => {
		const image = { type: "image", mimeType: "image/png", data: expect.stringMatching(/^iVBOR.{1000}/) };
		expect(await client.call("get-tiny-image")).toMatchObject({ content: [{}, image, {}] });
		const annotations = { priority: 1, audience: ["user", "assistant"] };
		const annotated = await client.call("get-annotated-message", { messageType: "error", includeImage: true });
		expect(annotated).toMatchObject({ content: [{ annotations }, { type: "image" }] });
		const weather = await client.call("get-structured-content", { location: "Chicago" });
		expect(weather).toMatchObject({ structuredContent: { temperature: expect.any(Number) } });
		const links = await client.call("get-resource-links", { count: 2 });
		expect(links).toMatchObject({ content: [{}, { type: "resource_link" }, { type: "resource_link" }] });
		const blob = await client.call("get-resource-reference", { resourceType: "Blob", resourceId: 1 });
		expect(blob).toMatchObject({ content: [{}, { type: "resource", resource: { blob: expect.any(String) } }, {}] });
	});

	it("gets a tool's complaint, and an error of the protocol", async () => {
		expect(await client.call("get-sum", { a: "x" })).toMatchObject({ isError: true });
		await expect(client.read("demo://nothing")).rejects.toThrow("demo://nothing");
	});

	it("lists and reads resources", async () => {
		expect((await client.resources()).map(({ uri }) => uri)).toContain(DOCUMENT);
		const templates = [{ uriTemplate: expect.stringContaining("text") }, {}];
		expect(await client.templates()).toMatchObject({ resourceTemplates: templates });
		expect(await client.read(DOCUMENT)).toMatchObject({
			contents: [{ text: expect.stringContaining("# Everything") }],
		});
		const blob = { contents: [{ blob: expect.any(String) }] };
		expect(await client.read("demo://resource/dynamic/blob/1")).toMatchObject(blob);
	});

	it("lists and gets prompts, and completes their arguments", async () => {
		expect(await client.prompts()).toMatchObject({ prompts: expect.arrayContaining([]) });
		const message = { content: { text: expect.stringContaining("Berlin") } };
		expect(await client.prompt("args-prompt", { city: "Berlin" })).toMatchObject({ messages: [message] });
		const completion = await client.complete("completable-prompt", "name", "", { department: "Sales" });
		expect(completion).toMatchObject({ completion: { values: ["David", "Eve", "Frank"] } });
	});

	it("is told of progress", async () => {
		const progress: number[] = [];
		const result = await client.call(
			"trigger-long-running-operation",
			{ duration: 0.3, steps: 3 },
			// Clients without sessions also report that they answer questions of the child's, under no total.
			{ onprogress: ({ progress: step, total }) => total !== undefined && progress.push(step) },
		);
		expect(result).toMatchObject({ content: [{ text: expect.stringContaining("completed") }] });
		// One that comes together with an answer, or with a question of the child's, is dropped by some clients.
		expect(progress.length).toBeGreaterThanOrEqual(2);
		expect(progress).toEqual([1, 2, 3].filter((step) => progress.includes(step)));
	});

	it("answers a child that wants a model, a person, or the roots", async () => {
		const sampled = await client.call("trigger-sampling-request", { prompt: "Say something" });
		expect(sampled).toMatchObject({ content: [{ text: expect.stringContaining("an invented answer") }] });
		const elicited = await client.call("trigger-elicitation-request");
		expect(JSON.stringify(elicited)).toContain("Ada Lovelace");
		expect(JSON.stringify(await client.call("get-roots-list"))).toContain("home of Ada");
	});

	it("hears log messages", async () => {
		await client.setLevel("debug");
		client.heard.length = 0;
		await client.call("toggle-simulated-logging");
		await waitFor("a log message", () => client.heard.length > 0);
		await client.call("toggle-simulated-logging");
	});

	it("hears of a resource that has changed", async () => {
		await client.subscribe(DOCUMENT);
		await client.call("toggle-subscriber-updates");
		await waitFor("the news", () => client.heard.includes(DOCUMENT));
		await client.call("toggle-subscriber-updates");
	});

	it("cancels a call, and goes on", async () => {
		const cancel = new AbortController();
		const call = client.call(
			"trigger-long-running-operation",
			{ duration: 60, steps: 600 },
			{ signal: cancel.signal, onprogress: () => cancel.abort("enough") },
		);
		await expect(call).rejects.toThrow("enough");
		expect(await client.call("get-sum", { a: 1, b: 2 })).toMatchObject({
			content: [{ text: expect.stringContaining("3") }],
		});
	});
}
