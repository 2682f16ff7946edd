/// <reference types="vite/types/importMeta.d.ts" />
/** Server-side request forgery: a stranger has this server, or its clients, open an address of the stranger's choice. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person, readText } from "../support/person.ts";
import { workerWith } from "../support/settings.ts";
import { DEPLOYED, fetchWorker, INITIALIZE, LOCAL, mcp } from "../support/worker.ts";

afterEach(() => void vi.restoreAllMocks());

const CONFIGURATION = import.meta.glob<string>("../../wrangler.jsonc", {
	query: "?raw",
	import: "default",
	eager: true,
});
const reading = workerWith({ CLIENT_METADATA_DOCUMENTS: "on" });

async function authorize(clientId: string, redirectUri = "https://editor.example/callback") {
	const { url } = await new OAuthClient(reading, LOCAL).authorizationUrl(clientId, { redirectUri });
	const response = await new Person(reading).get(url);
	return { response, text: readText(await response.text()) };
}

describe("a client ID that is an address", () => {
	it.each([
		"http://169.254.169.254/latest/meta-data/",
		"http://editor.example/client.json",
		"file:///etc/passwd",
		"//editor.example/client.json",
	])("is opened with https only: %s", async (clientId) => {
		const opened = vi.spyOn(globalThis, "fetch");
		const { response } = await authorize(clientId);
		expect(response.status).toBe(400);
		expect(opened).not.toHaveBeenCalled();
		expect((await authorize("https://editor.example/client.json")).response.status).toBe(200);
		expect(opened).toHaveBeenCalled();
	});

	it("is opened on the public internet only: Cloudflare does not route the request to anything private", () => {
		const [wrangler = ""] = Object.values(CONFIGURATION);
		const [, flags = "[]"] = /"compatibility_flags": (\[[^\]]*\])/.exec(wrangler) ?? [];
		expect(JSON.parse(flags)).toContain("global_fetch_strictly_public");
	});

	it("is not opened for a code or a token that nobody was given", async () => {
		const client = new OAuthClient(reading, LOCAL);
		const opened = vi.spyOn(globalThis, "fetch");
		const requests: [Record<string, string>, number][] = [
			[{ grant_type: "authorization_code", code: "made:up:code", code_verifier: "x".repeat(64) }, 400],
			[{ grant_type: "refresh_token", refresh_token: "made:up:token" }, 400],
			[{ grant_type: "client_credentials" }, 400],
			// A revocation, of what does not exist.
			[{ token: "made:up:token" }, 200],
		];
		for (const [fields, status] of requests) {
			const response = await client.token({ ...fields, client_id: "https://victim.example/client.json" });
			expect(response.status).toBe(status);
		}
		expect(opened).not.toHaveBeenCalled();
		const own = { clientId: "https://editor.example/client.json", redirectUri: "http://localhost:51234/callback" };
		const { refresh_token = "", client_id } = await client.signIn({ ...own, person: new Person(reading) });
		expect((await client.token({ grant_type: "refresh_token", refresh_token, client_id })).status).toBe(200);
		expect(opened).toHaveBeenCalled();
	});

	it("shows nothing of what is at the address: neither whether it answers, nor what", async () => {
		vi.spyOn(console, "error").mockImplementation(() => {});
		vi.spyOn(console, "warn").mockImplementation(() => {});
		const internal = "https://internal.example/admin";
		const texts: string[] = [];
		for (const answer of [
			async () => new Response("secret-of-the-inside"),
			async () => Response.json({ secret: "secret-of-the-inside" }),
			async () => new Response("secret-of-the-inside", { status: 403 }),
			async () => Promise.reject(new TypeError("secret-of-the-inside")),
		]) {
			vi.spyOn(globalThis, "fetch").mockImplementation(answer);
			const { response, text } = await authorize(internal);
			expect(response.status).toBe(400);
			texts.push(text.replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, "ID"));
		}
		expect(texts.join()).not.toContain("secret-of-the-inside");
		expect(new Set(texts).size).toBe(1);
	});

	it("is opened without anything of this server: no cookie, no token, no body", async () => {
		const opened = vi.spyOn(globalThis, "fetch");
		await authorize("https://editor.example/fresh.json");
		expect(opened).toHaveBeenCalled();
		for (const [, { headers, method = "GET", body } = {}] of opened.mock.calls) {
			expect({ method, body }).toEqual({ method: "GET", body: undefined });
			const names = [...new Headers(headers).keys()];
			expect(names.filter((name) => !["accept", "cache-control", "user-agent"].includes(name))).toEqual([]);
		}
	});
});

describe("the addresses that this server gives to clients", () => {
	const FORGED = {
		"X-Forwarded-Host": "169.254.169.254",
		"X-Forwarded-Proto": "http",
		Forwarded: "host=169.254.169.254;proto=http",
		"X-Original-URL": "http://169.254.169.254/",
	};

	it.each([LOCAL, DEPLOYED])("are its own, whatever a request says: at %s", async (origin) => {
		const texts = [(await mcp(INITIALIZE, { origin, headers: FORGED })).headers.get("WWW-Authenticate") ?? ""];
		const documents = ["oauth-authorization-server", "oauth-protected-resource", "oauth-protected-resource/mcp"];
		for (const name of documents) {
			const response = await fetchWorker(`${origin}/.well-known/${name}`, { headers: FORGED });
			if (response.ok) texts.push(await response.text());
		}
		const addresses = texts.flatMap((text) => text.match(/\w+:\/\/[^\s"]+/g) ?? []);
		expect(addresses.length).toBeGreaterThan(6);
		expect(addresses.filter((address) => new URL(address).origin !== origin)).toEqual([]);
	});
});
