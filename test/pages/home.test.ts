import { describe, expect, it } from "vitest";
import { server } from "#under-test";
import { readText } from "../support/person.ts";
import { DEPLOYED, fetchWorker, LOCAL, way } from "../support/worker.ts";

describe("the home page", () => {
	it.each([LOCAL, "http://127.0.0.1:9000", DEPLOYED])(
		"of %s says which tools there are and how to connect to it",
		async (origin) => {
			const response = await fetchWorker(`${origin}/`);
			expect(response.status).toBe(200);
			const text = readText(await response.text());
			for (const tool of server.catalogue.tools) expect(text).toContain(tool.name);
			expect(text).toContain(`${origin}/mcp`);
			expect(text).toContain(`${origin}/sse`);
			expect(text).toContain("mcp-remote");
		},
	);

	it("says to programs where the endpoints are and how people sign in", async () => {
		const ask = (Accept: string) => fetchWorker(`${LOCAL}/`, { headers: { Accept } });
		const response = await ask("application/json");
		expect(response.headers.get("Vary")).toBe("Accept");
		expect(await response.json()).toEqual({
			name: server.info.name,
			title: server.info.title,
			mcp: `${LOCAL}/mcp`,
			sse: `${LOCAL}/sse`,
			others: [],
			sign_in: way,
			...(way === "built-in" && { callback: `${LOCAL}/callback` }),
		});
		for (const accept of ["*/*", "text/html, application/json"]) {
			expect((await ask(accept)).headers.get("Content-Type")).toMatch("text/html");
		}
	});
});

describe("an address that does not exist", () => {
	it("answers people with a page and programs with JSON", async () => {
		const page = await fetchWorker(`${LOCAL}/nowhere`, { headers: { Accept: "text/html" } });
		expect(page.status).toBe(404);
		expect(readText(await page.text())).toContain("There is no such page");
		const json = await fetchWorker(`${LOCAL}/nowhere`);
		expect(json.status).toBe(404);
		expect(await json.json()).toHaveProperty("error_description");
	});
});
