import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LONG_CLIENT_ID } from "../support/client-documents.ts";
import { OAuthClient, type SignInOptions } from "../support/oauth-client.ts";
import { type Fetch, Person, readText } from "../support/person.ts";
import { workerWith } from "../support/settings.ts";
import { DEPLOYED, fetchWorker, LOCAL } from "../support/worker.ts";

const EDITOR = "https://editor.example/client.json";
const BROKEN = "https://broken.example/client.json";

const reading = workerWith({ CLIENT_METADATA_DOCUMENTS: "on" });
/** A deployed server needs somebody to sign people in. */
const GITHUB = { GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret" };
const readingNone = workerWith({ CLIENT_METADATA_DOCUMENTS: "off", ...GITHUB });

async function open(via: Fetch, options: SignInOptions, origin = LOCAL) {
	const { url } = await new OAuthClient(via, origin).authorizationUrl(options.clientId ?? EDITOR, options);
	const response = await new Person(via).get(url);
	return { response, text: readText(await response.text()) };
}

async function metadata(via: Fetch, origin: string): Promise<Record<string, unknown>> {
	return (await via(`${origin}/.well-known/oauth-authorization-server`)).json();
}

describe("clients with a metadata document", () => {
	it.each([
		["on this computer", fetchWorker, LOCAL, false],
		["on this computer, by another name", fetchWorker, "http://127.0.0.1:9000", false],
		["on this computer, switched on", reading, LOCAL, true],
		["when deployed", fetchWorker, DEPLOYED, true],
		["when deployed, switched off", readingNone, DEPLOYED, false],
		["whose setting is in capitals", workerWith({ CLIENT_METADATA_DOCUMENTS: " ON " }), LOCAL, true],
	])("are announced by a server %s only if it reads documents", async (_where, via, origin, isSupported) => {
		const announced = await metadata(via, origin);
		expect(announced.client_id_metadata_document_supported).toBe(isSupported);
		const methods = announced.token_endpoint_auth_methods_supported;
		expect(methods).toEqual(expect.arrayContaining(["none"]));
		// Only such clients have keys.
		expect(Array.isArray(methods) && methods.includes("private_key_jwt")).toBe(isSupported);
	});

	it("sign in to a deployed server", async () => {
		const { response, text } = await open(
			workerWith(GITHUB),
			{ redirectUri: "https://editor.example/callback" },
			DEPLOYED,
		);
		expect(response.status).toBe(200);
		expect(text).toContain("Example Editor");
	});

	it("are shown with their domain, on whatever port they listen", async () => {
		const { response, text } = await open(reading, { redirectUri: "http://127.0.0.1:51234/callback" });
		expect(response.status).toBe(200);
		expect(text).toContain("Example Editor");
		expect(text).toMatch(/Published by\s+editor\.example/);
	});

	it("may have a long address", async () => {
		const { response, text } = await open(reading, { clientId: LONG_CLIENT_ID });
		expect(response.status).toBe(200);
		expect(text).toContain("Long address");
	});

	it("are refused an address that the document does not list, with the document's host", async () => {
		const { response, text } = await open(reading, { redirectUri: "https://evil.example/cb" });
		expect(response.status).toBe(400);
		expect(text).toContain("its description at editor.example does not list");
		// Nothing is registered that the client could forget.
		expect(text).not.toMatch(/evil\.example|Clear authentication/);
	});

	it("sign in, refresh and call", async () => {
		const client = new OAuthClient(reading, LOCAL);
		const redirectUri = "http://127.0.0.1:51234/callback";
		const { refresh_token = "", client_id } = await client.signIn({ clientId: EDITOR, redirectUri });
		expect((await client.token({ grant_type: "refresh_token", refresh_token, client_id })).status).toBe(200);
	});

	it("are not looked for among the clients that registered", async () => {
		const read = vi.spyOn(env.OAUTH_KV, "get");
		const client = new OAuthClient(reading, LOCAL);
		await client.signIn({ clientId: EDITOR, redirectUri: "http://127.0.0.1:51234/callback" });
		const keys = read.mock.calls.map(([key]) => String(key));
		read.mockRestore();
		expect(keys.filter((key) => key.startsWith("transaction:"))).not.toEqual([]);
		expect(keys.filter((key) => key.startsWith("client:"))).toEqual([]);
	});
});

describe("where documents are not read", () => {
	it.each([
		["on this computer", fetchWorker, LOCAL],
		["where they are switched off", readingNone, DEPLOYED],
	])("%s, a page says why, and what to do", async (_where, via, origin) => {
		for (const clientId of [EDITOR, EDITOR.replace("https", "HTTPS"), LONG_CLIENT_ID]) {
			const { response, text } = await open(via, { clientId }, origin);
			expect(response.status).toBe(400);
			expect(response.headers.has("Location")).toBe(false);
			expect(text).toContain("a document at editor.example");
			expect(text).toContain("CLIENT_METADATA_DOCUMENTS=on");
			expect(text).toContain("add it again");
		}
	});

	it("the client is unknown at /token", async () => {
		const client = new OAuthClient(fetchWorker, LOCAL);
		const response = await client.token({ grant_type: "refresh_token", refresh_token: "x", client_id: EDITOR });
		expect(response.status).toBe(401);
		expect(await response.json()).toMatchObject({ error: "invalid_client" });
	});
});

describe("the setting CLIENT_METADATA_POLICY", () => {
	const under = (policy: string) => workerWith({ CLIENT_METADATA_DOCUMENTS: "on", CLIENT_METADATA_POLICY: policy });
	const WARNING = "has not reviewed apps of editor.example";

	it.each([
		["", "allow"],
		["deny:other.example", "allow"],
		["warn:editor.example", "warn"],
		["WARN:*.Editor.example, deny:*", "warn"],
		["allow:editor.example, deny:*", "allow"],
		["deny:*", "deny"],
		["deny:*.example", "deny"],
		["nonsense, deny:editor.example", "deny"],
	])("%j has the document's app: %s", async (policy, trust) => {
		const { response, text } = await open(under(policy), { redirectUri: "http://127.0.0.1:51234/callback" });
		expect(response.status).toBe(trust === "deny" ? 403 : 200);
		if (trust === "deny") expect(text).toContain("does not accept apps that are published by editor.example");
		else expect(text.includes(WARNING)).toBe(trust === "warn");
	});
});

describe("a refresh of a client whose document cannot be read", () => {
	it("is told to try again, and loses nothing", async () => {
		const client = new OAuthClient(reading, LOCAL);
		const redirectUri = "http://127.0.0.1:51234/callback";
		const tokens = await client.signIn({ clientId: EDITOR, redirectUri, person: new Person(reading) });
		const fields = { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "", client_id: EDITOR };
		await caches.open("workers-oauth-provider:cimd:v1").then((cache) => cache.delete(EDITOR));
		vi.spyOn(console, "warn").mockImplementation(() => {});
		const down = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("", { status: 503 }));
		const response = await client.token(fields);
		down.mockRestore();
		expect(response.status).toBe(503);
		expect(response.headers.get("Retry-After")).toBe("30");
		expect(await response.json()).toMatchObject({ error: "temporarily_unavailable" });
		expect((await client.token(fields)).status).toBe(200);
	});
});

describe("a document that cannot be read", () => {
	const logged: string[] = [];

	beforeEach(() => {
		vi.spyOn(console, "error").mockImplementation((line) => logged.push(String(line)));
	});

	afterEach(() => {
		vi.restoreAllMocks();
		vi.useRealTimers();
		logged.length = 0;
	});

	const json = (document: object) => async () => Response.json(document);
	const document = { client_id: BROKEN, client_name: "Broken", redirect_uris: ["http://localhost/callback"] };

	it.each([
		[
			"without internet",
			async () => Promise.reject(new TypeError("Network connection lost.")),
			"Network connection lost",
		],
		["that is gone", async () => new Response("Not found", { status: 404 }), "HTTP 404"],
		["that is a web page", async () => new Response("<!doctype html>"), "not valid JSON"],
		["that is of another client", json({ ...document, client_id: EDITOR }), "does not match"],
		["that names no redirect URI", json({ ...document, redirect_uris: [] }), "redirect_uris"],
		["that is too large", json({ ...document, client_name: "x".repeat(6000) }), "size limit"],
	])("%s is named by its host, and its cause logged", async (_what, answer, cause) => {
		vi.spyOn(globalThis, "fetch").mockImplementation(answer);
		await expectNamed(open(reading, { clientId: BROKEN }), cause);
	});

	it("that never comes, too", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		const asked = Promise.withResolvers<void>();
		vi.spyOn(globalThis, "fetch").mockImplementation((_url, init) => {
			asked.resolve();
			return new Promise((_resolve, reject) =>
				init?.signal?.addEventListener("abort", () => reject(new Error("Aborted"))),
			);
		});
		const opened = open(reading, { clientId: BROKEN });
		await asked.promise;
		await vi.advanceTimersByTimeAsync(10_000);
		await expectNamed(opened, "timed out after 10000ms");
	});

	async function expectNamed(opened: ReturnType<typeof open>, cause: string): Promise<void> {
		const { response, text } = await opened;
		expect(response.status).toBe(400);
		expect(text).toContain("a document at broken.example, which this server could not read");
		expect(text).toContain("CLIENT_METADATA_DOCUMENTS=off");
		expect(text).not.toContain(cause);
		expect(logged.join()).toContain("client_metadata_unavailable");
		expect(logged.join()).toContain(cause);
	}
});
