/** That a failure in the suite is one in its results: against a server that knows nothing. */
import { createServer } from "node:http";
import { expect, it } from "vitest";
import { listen } from "./listen.ts";
import { failuresOf, runServerSuite } from "./suite.ts";

it("reads what failed, why, and whether it counts", async () => {
	const { port, close } = await listen(createServer((_request, response) => response.writeHead(404).end()));
	try {
		const result = await runServerSuite(`http://127.0.0.1:${port}/mcp`, { requirements: "2026-07-28" });
		expect(result.exitCode).toBe(1);
		expect(result.scenarios.filter(({ isScored }) => isScored)).toHaveLength(37);
		expect(failuresOf(result)).toMatchObject({
			"tools-list": [expect.stringContaining("tools-list: Failed: HTTP 404")],
			// It breaks off, and writes nothing.
			"tasks-capability-negotiation": [expect.stringContaining("Error: HTTP 404")],
		});
		const rebinding = result.scenarios.find(({ name }) => name === "dns-rebinding-protection");
		expect(rebinding).toMatchObject({
			isScored: true,
			passed: [{ id: "localhost-host-rebinding-rejected" }],
			failed: [{ id: "localhost-host-valid-accepted" }],
		});
		expect(result.scenarios.find(({ name }) => name === "http-header-validation")).toMatchObject({ isScored: false });
	} finally {
		await close();
	}
});

it("says what the suite printed when it ran nothing", async () => {
	await expect(runServerSuite("not a URL", { suite: "active" })).rejects.toThrow("Invalid server URL");
});
