/** What a client is told when its child cannot be reached. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { answerRefusal, readRefusal, unreachable } from "../../src/stdio/refusal.ts";
import { sentenceOf } from "./worker.ts";

afterEach(() => vi.restoreAllMocks());

/** What becomes of an answer to the opening of a pipe. */
async function answered(response: Response) {
	const log = vi.spyOn(console, "error").mockReturnValue();
	const answer = answerRefusal(await readRefusal(response), 7, "ray-1");
	const logged = log.mock.calls.flat().map((line): unknown => JSON.parse(String(line)));
	return { answer, logged };
}

describe("a container", () => {
	const TAKEN = "No stdio container is available: all are in use, or yours is still starting.";
	const FAILED = "Your stdio server could not be started.";
	it.each([
		[503, "There is no Container instance available at this time.", TAKEN],
		[429, "Too many requests to start containers", TAKEN],
		[500, "Failed to start container: the image has a secret", FAILED],
		[500, "Container suddenly disconnected, try again", FAILED],
	])("that answers %i “%s” is explained, and the cause is in the log only", async (status, cause, what) => {
		const { answer, logged } = await answered(new Response(cause, { status }));
		expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "10"]);
		expect(await sentenceOf(answer)).toMatch(new RegExp(`^${what} Try again .*request ID ray-1\\.$`));
		const event = { event: "stdio_not_reached", requestId: "ray-1", cause: `${status} ${cause}` };
		expect(logged).toEqual([event]);
	});
});

describe("the program", () => {
	it.each([429, 503])("that answers %i with a sentence says it to the client", async (status) => {
		const refused = Response.json({ error: "Close one." }, { status, headers: { "Retry-After": "60" } });
		const { answer, logged } = await answered(refused);
		expect([answer.status, answer.headers.get("Retry-After")]).toEqual([status, "60"]);
		expect(await answer.json()).toMatchObject({ id: 7, error: { message: "Close one." } });
		expect(logged).toEqual([]);
	});

	it("that knows no such child ends the session", async () => {
		const { answer } = await answered(Response.json({ error: "There is none." }, { status: 404 }));
		expect([answer.status, await answer.json()]).toMatchObject([404, { id: 7, error: { code: -32001 } }]);
	});

	it.each([401, 400, 409])(
		"that answers %i is at odds with the Worker, which only the log explains",
		async (status) => {
			const { answer, logged } = await answered(Response.json({ error: "The secret is wrong." }, { status }));
			expect(answer.status).toBe(503);
			expect(await sentenceOf(answer)).not.toContain("secret");
			expect(logged).toMatchObject([{ cause: `${status} The secret is wrong.` }]);
		},
	);

	it("that is not there is answered with a sentence; the cause is in the log", async () => {
		const log = vi.spyOn(console, "error").mockReturnValue();
		const answer = answerRefusal(unreachable(new Error("connect ECONNREFUSED")), 7, "ray-1");
		expect(await sentenceOf(answer)).toMatch(/^The stdio server does not answer\. Try again .*request ID ray-1\.$/);
		expect(String(log.mock.calls[0])).toContain("ECONNREFUSED");
	});
});
