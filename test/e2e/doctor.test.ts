/** `npm run doctor` at this server: nothing to complain of, at each of its endpoints, with a whole sign-in. */
import { expect, inject, it } from "vitest";
import { examine } from "../../src/scripts/doctor/examine.ts";
import { signInAndReturn } from "./sign-in.ts";

const origin = inject("origin");

it.concurrent.each(["/mcp", "/sse"])("has nothing to complain of at %s", async (path) => {
	let isSignedIn = false;
	const onAuthorize = (page: string) => {
		isSignedIn = true;
		void signInAndReturn(page, { email: `doctor${path.slice(1)}@example.com` });
	};
	const { findings } = await examine(origin + path, { onAuthorize, timeoutMilliseconds: 30_000 });
	const complaints = findings.filter(({ id, status }) => (status === "fault" || status === "warning") && id !== "time");
	expect(complaints).toEqual([]);
	expect(isSignedIn).toBe(true);
	const done = findings.filter(({ status }) => status === "ok").map(({ what }) => what);
	expect(done).toContain("The refresh works, and replaces the refresh token.");
	expect(done).toContain("The revoked token is refused.");
	if (path === "/mcp")
		expect(done).toContain("The server speaks MCP with sessions (2025-11-25 and before), and without (2026-07-28).");
	else expect(done).toContain(`GET ${origin}/sse answered initialize on its stream.`);
});
