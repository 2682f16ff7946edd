/** The MCP Inspector's command line, with its own sign-in. */
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { readAuthorizationUrl } from "./command.ts";
import { type Inspector, makeInspector } from "./inspector.ts";
import { signInAndReturn } from "./sign-in.ts";
import { makeTemporaryHome, type TemporaryHome } from "./temporary-home.ts";
import { ALL_TOOLS, ANYONES_TOOLS } from "./tool-client.ts";

const origin = inject("origin");
let home: TemporaryHome;
let runInspector: Inspector;

beforeEach(async () => {
	home = await makeTemporaryHome();
	runInspector = await makeInspector(home);
});

afterEach(() => home.remove());

const TRANSPORTS = [
	{ transport: "http", path: "/mcp" },
	{ transport: "sse", path: "/sse" },
];

describe.each(TRANSPORTS)("the Inspector with --transport $transport", ({ transport, path }) => {
	const inspect = (...args: string[]) => runInspector(origin + path, "--transport", transport, ...args);

	it("signs in and lists the tools, and calls one without signing in again", async () => {
		const list = inspect("--method", "tools/list");
		const [listed] = await Promise.all([
			list.result,
			readAuthorizationUrl(list.printed).then((url) => signInAndReturn(url)),
		]);
		expect(listed).toMatchObject({ result: { tools: ANYONES_TOOLS.map((name) => ({ name })) } });

		const call = inspect("--method", "tools/call", "--tool-name", "add", "--tool-arg", "a=2", "b=3");
		expect(await call.result).toMatchObject({
			result: { content: [{ type: "text", text: "5" }], structuredContent: { sum: 5 } },
		});
		expect(call.printed()).not.toContain("/authorize?");
	});

	it("lists the image tool, in a portable form, to a user who may generate images", async () => {
		const list = inspect("--method", "tools/list", "--strict");
		const answers = { permissions: ["image_generation"] };
		const signedIn = readAuthorizationUrl(list.printed).then((url) => signInAndReturn(url, answers));
		const [listed] = await Promise.all([list.result, signedIn]);
		expect(listed).toMatchObject({ result: { tools: ALL_TOOLS.map((name) => ({ name })) } });
	});
});
