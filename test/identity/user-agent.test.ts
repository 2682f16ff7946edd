import { afterEach, expect, it, vi } from "vitest";
import manifest from "../../package.json";
import { upstreamFetch } from "../../src/identity/upstream-fetch.ts";

afterEach(() => vi.restoreAllMocks());

it("identity providers learn the server's own name and version, as a product (RFC 9110 section 10.1.5)", async () => {
	const network = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response());
	await upstreamFetch("https://idp.example/", { headers: { "User-Agent": "something else" } });
	const sent = new Headers(network.mock.calls[0]?.[1]?.headers).get("User-Agent");
	expect(sent).toBe(`${manifest.name}/${manifest.version}`);
	expect(sent).toMatch(/^[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+$/);
});
