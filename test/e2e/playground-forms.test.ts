/** Forms, questions and results of every kind in the playground, on the catalogue of the conformance suite. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBrowsers, WAYS } from "./playground-page.ts";
import { type RunningServer, startServer } from "./server.ts";

const browsers = useBrowsers();
let server: RunningServer;

beforeAll(async () => {
	server = await startServer({ flags: ["--config", "test/conformance/worker/wrangler.jsonc"] });
});
afterAll(() => server?.stop());

describe.each(WAYS)("over the connection %s", (way) => {
	it("two calls ask at once, each at its own place, or with the names of both where nothing tells", async () => {
		const playground = await browsers.openSignedIn(server.origin, way, { permissions: [] });
		const [named, preset] = [playground.card("test_elicitation"), playground.card("test_elicitation_sep1034_defaults")];
		await named.fill({ message: "Who are you?" });
		await preset.expand();
		// Both calls are on their way before the answer of either.
		const { promise: held, resolve: release } = Promise.withResolvers<void>();
		const isCall = (url: URL) => /^\/(mcp|sse)/.test(url.pathname);
		await playground.page.route(isCall, async (route) => {
			await held;
			await route.continue();
		});
		await named.start();
		await preset.start();
		await preset.status.getByText("Waiting for the server…").waitFor();
		release();
		const questions = playground.page.getByRole("form", { name: "The server asks" });
		await expect.poll(() => questions.count()).toBe(2);
		if (way === "sse") {
			const notes = await questions.locator(".note.muted").allTextContents();
			expect(
				notes.filter((note) => note === "One of these calls asks: Elicitation, Elicitation with defaults."),
			).toHaveLength(2);
			return;
		}
		await preset.question.getByText("Please review these values").waitFor();
		await named.question.getByText("Who are you?").waitFor();
		await preset.question.getByRole("button", { name: "Decline" }).click();
		await preset.answer.getByText("action=decline").waitFor();
		await named.question.getByLabel("username").fill("Ada");
		await named.question.getByLabel("email").fill("ada@example.com");
		await named.question.getByRole("button", { name: "Answer" }).click();
		await named.answer.getByText('action=accept, content={"username":"Ada","email":"ada@example.com"}').waitFor();
	});
});

it("a question has a field for each type, with its default, and sends what the user makes of it", async () => {
	const playground = await browsers.openSignedIn(server.origin, "stateless", { permissions: [] });
	const card = playground.card("test_elicitation_sep1034_defaults");
	await card.start();
	const { question, answer } = card;
	await question.getByLabel("age").fill("31");
	await question.getByLabel("status").selectOption("pending");
	await question.getByLabel("verified").uncheck();
	await question.getByRole("button", { name: "Answer" }).click();
	const values = { name: "John Doe", age: 31, score: 95.5, status: "pending", verified: false };
	await answer.getByText(`content=${JSON.stringify(values)}`).waitFor();
});

it("a question has every kind of choice, and sends the value of a title", async () => {
	const playground = await browsers.openSignedIn(server.origin, "stateless", { permissions: [] });
	const card = playground.card("test_elicitation_sep1330_enums");
	await card.start();
	const { question, answer } = card;
	await question.getByLabel(/^titledSingle/).selectOption("Second Option");
	await question.getByLabel("legacyEnum").selectOption("Option Three");
	await question.getByRole("group", { name: "titledMulti", exact: true }).getByLabel("First Choice").check();
	await question.getByRole("group", { name: "titledMulti", exact: true }).getByLabel("Third Choice").check();
	await question.getByRole("button", { name: "Answer" }).click();
	await answer.getByText('"titledSingle":"value2"').waitFor();
	const text = await answer.textContent();
	expect(text).toContain('"legacyEnum":"opt3"');
	expect(text).toContain('"titledMulti":["value1","value3"]');
	expect(text).not.toContain("untitledSingle");
});

it("what has no form is typed as JSON, and fields that are left empty are not sent", async () => {
	const card = (await browsers.openSignedIn(server.origin, "stateless", { permissions: [] })).card(
		"json_schema_2020_12_tool",
	);
	await card.fill({ name: "Ada", "address, as JSON": "{ street" });
	await card.start();
	await card.problem.getByText("address is not valid JSON.").waitFor();
	const answer = await card.call({ "address, as JSON": '{ "city": "London" }' });
	expect(await answer.textContent()).toBe('{"name":"Ada","address":{"city":"London"}}');
});

it("results of each kind are shown, and a tool's error is one", async () => {
	const playground = await browsers.openSignedIn(server.origin, "stateless", { permissions: [] });
	const image = await playground.card("test_image_content").call();
	expect(await image.locator("img").getAttribute("src")).toMatch(/^data:image\/png;base64,/);
	const audio = await playground.card("test_audio_content").call();
	expect(await audio.locator("audio").getAttribute("src")).toMatch(/^data:audio\/wav;base64,/);
	const embedded = await playground.card("test_embedded_resource").call();
	expect(await embedded.textContent()).toContain("test://embedded-resource");
	expect(await embedded.textContent()).toContain("This is an embedded resource content.");
	const mixed = await playground.card("test_multiple_content_types").call();
	expect(await mixed.locator("pre.text").count()).toBe(2);
	expect(await mixed.locator("img").count()).toBe(1);
	const failing = playground.card("test_error_handling");
	await failing.start();
	await failing.problem.getByText("This tool intentionally returns an error for testing").waitFor();
});

it("resources are read, also those of a template, whose variables are fields", async () => {
	const playground = await browsers.openSignedIn(server.origin, "stateless", { permissions: [] });
	const text = await playground.card("test://static-text").call();
	expect(await text.textContent()).toContain("This is the content of the static text resource.");
	const bytes = await playground.card("test://static-binary").call();
	expect(await bytes.locator("img").count()).toBe(1);
	const template = playground.card("test://template/{id}/data");
	await template.start();
	expect(await template.status.textContent()).toBe("");
	const data = await template.call({ id: "a b" });
	expect(await data.textContent()).toContain("test://template/a%20b/data");
	expect(await data.textContent()).toContain('"templateTest":true');
});

it.each(WAYS)("a call with %s repeats in headers the arguments that its tool wants there", async (way) => {
	const playground = await browsers.openSignedIn(server.origin, way, { permissions: [] });
	const answer = await playground.card("test_header_parameter").call({ region: "Zürich" });
	expect(await answer.textContent()).toBe("Region: Zürich");
});
