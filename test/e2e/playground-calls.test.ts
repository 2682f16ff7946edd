/** Calls in the playground that take long, are cancelled or fail. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PlaygroundPage, useBrowsers, WAYS, type Way } from "./playground-page.ts";
import { type RunningServer, startServer } from "./server.ts";
import { connectV2Auto, type SignedInClient } from "./signed-in-client.ts";
import { textOf } from "./tool-client.ts";

/** `wrangler dev` notices that a client has hung up when it writes to it: the comments that keep a stream alive. */
const NOTICED = { timeout: 30_000 };

const browsers = useBrowsers();
let server: RunningServer;
/** Another user, who looks on and lets calls go. */
let observer: SignedInClient;

beforeAll(async () => {
	server = await startServer({ flags: ["test/e2e/waiting-server/index.ts"] });
	observer = await connectV2Auto(server.origin, "observer@example.com");
});
afterAll(async () => {
	await observer?.close();
	await server?.stop();
});

const outcomeOf = async (name: string) => textOf(await observer.call("outcome", { name }));

/** A call of the tool that waits until it is released or cancelled. */
async function startWaiting(playground: PlaygroundPage): Promise<string> {
	const name = crypto.randomUUID();
	const wait = playground.card("wait");
	await wait.fill({ name });
	await wait.start();
	await wait.status.getByText("Waiting (1 of 1000000)").waitFor();
	expect(await outcomeOf(name)).toBe("waiting");
	return name;
}

describe.each(WAYS)("over the connection %s", (way) => {
	it("a call shows its progress and then its answer", async () => {
		const playground = await browsers.openSignedIn(server.origin, way);
		const name = await startWaiting(playground);
		await observer.call("release", { name });
		const wait = playground.card("wait");
		await wait.status.getByText("Done.").waitFor();
		expect(await wait.answer.textContent()).toBe(`${name} is over`);
		expect(await outcomeOf(name)).toBe("finished");
	});

	it("a call that the user cancels ends on the page and at the server, and can be made again", async () => {
		const playground = await browsers.openSignedIn(server.origin, way);
		const name = await startWaiting(playground);
		const wait = playground.card("wait");
		await wait.cancelButton.click();
		await wait.status.getByText("Cancelled.").waitFor();
		await expect.poll(() => outcomeOf(name), NOTICED).toBe("cancelled");
		expect(await wait.cancelButton.isVisible()).toBe(false);
		await startWaiting(playground);
	});

	it("a call that asks ends with its question if the user cancels it, and with a sentence if the user declines", async () => {
		const draw = (await browsers.openSignedIn(server.origin, way)).card("generateImage");
		await draw.start();
		await draw.question.waitFor();
		await draw.cancelButton.click();
		await draw.status.getByText("Cancelled.").waitFor();
		expect(await draw.question.count()).toBe(0);
		await draw.start();
		await draw.question.getByRole("button", { name: "Decline" }).click();
		await draw.problem.getByText("the user was asked what it should show").waitFor();
	});

	it("a call ends at the server when the user signs out", async () => {
		const playground = await browsers.openSignedIn(server.origin, way);
		const name = await startWaiting(playground);
		await playground.page.getByRole("button", { name: "Sign out" }).click();
		await playground.signInButton.waitFor();
		expect(await playground.stored("tokens")).toBeNull();
		await expect.poll(() => outcomeOf(name), NOTICED).toBe("cancelled");
	});

	it("a call ends at the server when the user connects in another way, where the next one is made", async () => {
		const playground = await browsers.openSignedIn(server.origin, way);
		const name = await startWaiting(playground);
		const next: Way = way === "session" ? "stateless" : "session";
		await playground.switchTo(next);
		await expect.poll(() => outcomeOf(name), NOTICED).toBe("cancelled");
		await startWaiting(playground);
	});

	it("arguments that the server refuses are a sentence, and numbers that are none do not leave the page", async () => {
		const playground = await browsers.openSignedIn(server.origin, way);
		const draw = await playground.card("generateImage").fill({ steps: "9" });
		await draw.start();
		expect(await draw.field("steps").evaluate((input) => input.matches(":invalid"))).toBe(true);
		expect(await draw.status.textContent()).toBe("");
		// As a client does that does not look at the schema.
		await draw.element
			.locator("form")
			.first()
			.evaluate((form) => form.setAttribute("novalidate", ""));
		await draw.start();
		await draw.problem.getByText(/steps/).waitFor();
		await draw.fill({ steps: "4", prompt: "a lighthouse" });
		await draw.start();
		await draw.answer.frameLocator("iframe").getByRole("img").waitFor();
	});
});
