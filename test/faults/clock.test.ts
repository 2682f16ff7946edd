/** A clock that is days off: clients refresh or sign in again, and no address fails. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Tokens } from "../support/oauth-client.ts";
import { askTool, fetchWorker, INITIALIZE, LOCAL, mcp, openSession, signIn } from "../support/worker.ts";

afterEach(() => vi.useRealTimers());

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

type SignedIn = Tokens & { client_id: string };
const newUser = () => signIn({ email: `${crypto.randomUUID()}@example.com` });
const statusFor = async ({ access_token: token }: Tokens) => {
	const response = await mcp(INITIALIZE, { token });
	await response.body?.cancel();
	return response.status;
};

async function refresh({ refresh_token = "", client_id }: SignedIn): Promise<SignedIn> {
	const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token, client_id });
	const response = await fetchWorker(`${LOCAL}/token`, { method: "POST", body });
	expect(response.status).toBe(200);
	return { ...(await response.json<Tokens>()), client_id };
}

describe.each([
	["ahead", 5],
	["behind", -5],
])("a clock that is days %s", (where, days) => {
	const shift = () => vi.setSystemTime(Date.now() + days * DAY_MILLISECONDS);

	it("costs a client a refresh at most, and its session goes on", async () => {
		const before = await newUser();
		const session = await openSession(before.access_token);
		shift();
		expect(await statusFor(before)).toBe(where === "ahead" ? 401 : 200);
		const during = await refresh(before);
		const { access_token: token } = during;
		expect((await askTool("echo", { text: "a" }, { token, session })).structuredContent).toEqual({ text: "a" });
		vi.useRealTimers();
		const after = await refresh(during);
		expect(await statusFor(after)).toBe(200);
	});

	it("lets users sign in, who go on when the clock is right again", async () => {
		shift();
		const during = await newUser();
		expect(await statusFor(during)).toBe(200);
		vi.useRealTimers();
		expect(await statusFor(during)).toBe(where === "ahead" ? 200 : 401);
		const after = await refresh(during);
		expect(await statusFor(after)).toBe(200);
	});
});
