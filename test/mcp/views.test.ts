/** What a view declares, and one whose page was not built. */
import { expect, it, vi } from "vitest";
import { openEra } from "../support/eras.ts";
import { fetchWorker, LOCAL, signIn } from "../support/worker.ts";

const MIME_TYPE = "text/html;profile=mcp-app";
const URI = "ui://views/absent.html";
const capabilities = { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: [MIME_TYPE] } } };

const open = async () => {
	const { access_token: token } = await signIn({ resource: null });
	return openEra("2025-11-25", { token, capabilities });
};

it("the origins that a view declares are in the list of resources, and in the policy of its page", async () => {
	const csp = { connectDomains: ["https://api.example.com"], resourceDomains: ["https://cdn.example.com"] };
	const meta = { ui: { csp, prefersBorder: true } };
	const listed = { resources: expect.arrayContaining([expect.objectContaining({ uri: URI, _meta: meta })]) };
	expect(await (await open()).request("resources/list")).toMatchObject({ result: listed });
	const { headers } = await fetchWorker(`${LOCAL}/views/absent.html`);
	const policy = headers.get("Content-Security-Policy")?.split("; ") ?? [];
	expect(policy).toContain("connect-src https://api.example.com");
	expect(policy).toContain("script-src 'unsafe-inline' https://cdn.example.com");
	expect(policy).toContain("img-src data: blob: https://cdn.example.com");
});

it("a view that was not built is an error with the id of the request, and the log says which file is missing", async () => {
	const log = vi.spyOn(console, "error").mockImplementation(() => {});
	const answer = await (await open()).request("resources/read", { uri: URI });
	expect(answer).toMatchObject({ error: { code: -32603, message: expect.stringMatching(/request ID \S+/) } });
	expect(JSON.stringify(log.mock.calls)).toContain("absent.view.ts");
});
