/** Places of children, as the Worker itself closes their pipes. */
import { expect, it } from "vitest";
import { eventually, initialize, newApp, toolCall } from "../stdio/app.ts";
import { childCommand, useStdio } from "../stdio/door.ts";

/** Far shorter than a child is kept whose pipe broke. */
const FREE_MILLISECONDS = 10_000;

const stdio = useStdio({ command: childCommand("fake"), bridgeEnv: { STDIO_MAX_CHILDREN_PER_USER: "1" } });

it("one that ended by itself gives its place back at once: workerd repeats the close that it was told", async () => {
	const app = await newApp(stdio);
	const session = await app.open();
	expect((await app.post(initialize())).status).toBe(429);
	const began = performance.now();
	await app.post(toolCall(1, "exit", { code: 3 }), { session: session.id });
	await eventually(async () => expect((await app.post(initialize())).status).toBe(200));
	expect(performance.now() - began).toBeLessThan(FREE_MILLISECONDS);
});
