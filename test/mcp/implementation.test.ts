/** How the server and its tools show themselves to clients: names, addresses and icons. */
import { describe, expect, it } from "vitest";
import { server } from "#under-test";
import { stateless } from "../support/stateless.ts";
import { ask, DEPLOYED, fetchWorker, INITIALIZE, LIST_TOOLS, LOCAL, openSession, signIn } from "../support/worker.ts";

const { name, title, version } = server.info;
const at = (origin: string) => ({
	name,
	title,
	version,
	description: server.info.summary,
	websiteUrl: `${origin}/`,
	icons: [{ src: `${origin}/icon.svg`, mimeType: "image/svg+xml", sizes: ["any"] }],
});

describe("the server", () => {
	it("names itself when a session is opened", async () => {
		const { access_token: token } = await signIn();
		const { result } = await ask(INITIALIZE, { token });
		expect(result?.serverInfo).toEqual(at(LOCAL));
	});

	it("names itself in the same way without a session, in each result", async () => {
		const { access_token: token } = await signIn();
		for (const { message, headers } of [
			stateless("server/discover"),
			stateless("tools/call", { name: "echo", arguments: { text: "plain" } }),
			stateless("tools/list"),
		]) {
			const { result } = await ask(message, { token, headers });
			expect(Object(result?._meta)["io.modelcontextprotocol/serverInfo"], message.method).toEqual(at(LOCAL));
		}
	});
});

it.each([
	["prompts/list", "prompts", "recite", "prompts/recite"],
	["resources/list", "resources", "leaflet", "resources/leaflet"],
	["resources/list", "resources", "item-12", "resources/item"],
	["resources/templates/list", "resourceTemplates", "item", "resources/item"],
])("%s has the icon of %s %s, at an address that has it", async (method, key, name, path) => {
	const { access_token: token } = await signIn();
	const { result } = await ask(
		{ jsonrpc: "2.0", id: 1, method, params: {} },
		{ token, session: await openSession(token) },
	);
	const listed = result?.[key] as { name: string; icons?: object[] }[];
	const src = `${LOCAL}/icons/${path}.svg`;
	expect(listed.find((one) => one.name === name)?.icons).toEqual([{ src, mimeType: "image/svg+xml", sizes: ["any"] }]);
	const icon = await fetchWorker(`${DEPLOYED}/icons/${path}.svg`);
	expect(icon.headers.get("Content-Type")).toBe("image/svg+xml");
	expect(await icon.text()).toMatch(/^<svg /);
	expect((await fetchWorker(`${DEPLOYED}/icons/${path.replace(/.*\//, "")}.svg`)).status).toBe(404);
	for (const one of listed.filter((other) => other.name === "interview")) expect(one).not.toHaveProperty("icons");
});

it("the icon of a tool is in the list, at an address that has it", async () => {
	const { access_token: token } = await signIn();
	const { result } = await ask(LIST_TOOLS, { token, session: await openSession(token) });
	const tools = result?.tools as { name: string; icons?: { src: string }[] }[];
	const echo = tools.find((tool) => tool.name === "echo");
	expect(echo?.icons).toEqual([{ src: `${LOCAL}/icons/echo.svg`, mimeType: "image/svg+xml", sizes: ["any"] }]);
	expect(tools.find((tool) => tool.name === "fail")).not.toHaveProperty("icons");
	const icon = await fetchWorker(`${DEPLOYED}/icons/echo.svg`);
	expect(icon.headers.get("Content-Type")).toBe("image/svg+xml");
	expect(await icon.text()).toMatch(/^<svg /);
	for (const other of ["fail", "nothing"]) {
		expect((await fetchWorker(`${DEPLOYED}/icons/${other}.svg`)).status).toBe(404);
	}
});
