/** Every refusal, as people and as programs see it. */
import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { server } from "#under-test";
import { endpointsOf } from "../../src/http/endpoints.ts";
import { readText } from "../support/person.ts";
import { fetchWorker, LOCAL, person, signIn, way } from "../support/worker.ts";

const TOO_LARGE = "x".repeat(4 * 1024 * 1024 + 1);

type Refusal = [what: string, status: number, path: string, init?: RequestInit, origin?: string];

const MCP_PATHS = endpointsOf(server);
const EXTRA_PATHS = endpointsOf(server).filter((path) => !["/mcp", "/sse"].includes(path));

const ABOUT_SIGN_IN: Refusal[] = [
	["no request", 400, "/authorize"],
	["no form", 400, "/authorize", { method: "POST" }],
	["no sign-in", 400, "/sign-in"],
	["no sign-in", 400, "/callback"],
	["an address for programs", 405, "/token"],
	["an address for programs", 405, "/register"],
];
const METADATA = ["oauth-authorization-server", "openid-configuration", "oauth-protected-resource/mcp"];
const WITHOUT_SIGN_IN = [
	...["authorize", "sign-in", "callback", "token", "register"],
	...METADATA.map((name) => `.well-known/${name}`),
].map((name): Refusal => ["no such thing here", 404, `/${name}`]);

const REFUSALS: Refusal[] = [
	...MCP_PATHS.flatMap((path): Refusal[] => [
		["a wrong host", 403, path, {}, "http://evil.example"],
		["a foreign origin", 403, path, { headers: { Origin: "https://evil.example" } }],
		["no such address", 404, `${path}/nowhere`],
	]),
	...(way === "none" ? [] : ["/mcp", "/sse"]).map((path): Refusal => ["no token", 401, path]),
	...EXTRA_PATHS.map((path): Refusal => ["an extra that is not on", 404, path]),
	["a wrong host", 403, "/", {}, "http://evil.example"],
	["a foreign origin", 403, "/", { headers: { Origin: "https://evil.example" } }],
	["a body that is too large", 413, "/", { method: "POST", body: TOO_LARGE }],
	["no such page", 404, "/nowhere"],
	["nothing to post", 404, "/", { method: "POST" }],
	["no style sheet of its own", 404, "/style.css"],
	...(way === "built-in" ? ABOUT_SIGN_IN : WITHOUT_SIGN_IN),
];

const open = (init: RequestInit | undefined, accept: string, url: string) => {
	const headers = new Headers(init?.headers);
	headers.set("Accept", accept);
	return fetchWorker(url, { ...init, headers, redirect: "manual" });
};

const TITLES: Record<number, string> = { 403: "Not allowed", 404: "There is no such page", 413: "That is too large" };

describe.each(REFUSALS)("what is refused for %s (%i) at %s", (_what, status, path, init, origin = LOCAL) => {
	it("is for people a page that is complete in itself, and does not link to what failed", async () => {
		const response = await open(init, "text/html,application/xhtml+xml,*/*;q=0.8", origin + path);
		expect(response.status).toBe(status);
		expect(response.headers.get("Content-Type")).toMatch(/^text\/html/);
		const page = parse(await response.text());
		expect(page.querySelectorAll("style")).toHaveLength(1);
		expect(page.querySelectorAll("link[rel=stylesheet], script, img:not([src^='data:'])")).toHaveLength(0);
		const title = TITLES[status];
		if (title) expect(page.querySelector("h1")?.text).toBe(title);
		else expect(page.querySelector("h1")?.text).toBeTruthy();
		expect(page.querySelectorAll("[role=alert]")).toHaveLength(status === 401 ? 0 : 1);
		for (const link of page.querySelectorAll("a")) {
			const linked = await open(undefined, "text/html", new URL(link.getAttribute("href") ?? "", origin + path).href);
			expect(linked.status).toBe(200);
		}
	});

	it("is for programs JSON, with the same status and the same sentence", async () => {
		const response = await open(init, "application/json", origin + path);
		expect(response.status).toBe(status);
		if (status === 401) {
			const challenge = way === "api-key" ? /^Bearer realm="[\w-]+"$/ : /resource_metadata/;
			return expect(response.headers.get("WWW-Authenticate")).toMatch(challenge);
		}
		const body = await response.json();
		const page = await (await open(init, "text/html", origin + path)).text();
		const isMcp = MCP_PATHS.some((one) => path.startsWith(one));
		expect(body).toMatchObject(isMcp ? { jsonrpc: "2.0", id: null } : { error: "invalid_request" });
		const sentence = JSON.stringify(body).match(/"(?:message|error_description)":"([^"]+)"/)?.[1];
		expect(parse(page).querySelector("[role=alert]")?.text).toBe(sentence);
	});

	it("has the headers that keep it from being framed, sniffed or made to load anything", async () => {
		for (const accept of ["text/html", "application/json"]) {
			const { headers } = await open(init, accept, origin + path);
			expect(headers.get("Content-Security-Policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
			expect(headers.get("X-Frame-Options")).toBe("DENY");
			expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
			expect(headers.get("Referrer-Policy")).toBe("same-origin");
			expect(headers.get("Permissions-Policy")).toContain("camera=()");
			expect(headers.get("Strict-Transport-Security")).toBe(origin === LOCAL ? null : "max-age=63072000");
			if (accept === "text/html") expect(headers.get("Cache-Control")).toBe("no-store");
		}
	});
});

describe("a page's style sheet", () => {
	it("is the one that the policy allows", async () => {
		const response = await open(undefined, "text/html", `${LOCAL}/`);
		const style = parse(await response.text()).querySelector("style")?.rawText ?? "";
		const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
		const hash = new Uint8Array(digest).toBase64();
		expect(response.headers.get("Content-Security-Policy")).toContain(`style-src 'sha256-${hash}';`);
	});
});

describe("a program that names HTML", () => {
	/** What Java's HttpURLConnection sends unless told otherwise. */
	const JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";

	it("and brings a token gets JSON-RPC, since no browser does", async () => {
		const { access_token: token } = await signIn();
		const headers = { Authorization: `Bearer ${token || "any"}` };
		const response = await open({ headers }, "text/html", `${LOCAL}/mcp`);
		expect(response.status).toBe(406);
		expect(await response.json()).toHaveProperty("error.message");
	});

	it.each(MCP_PATHS)("and posts to %s gets JSON-RPC, since no browser does", async (path) => {
		const response = await open({ method: "POST", body: TOO_LARGE }, JAVA, LOCAL + path);
		expect(response.status).toBe(413);
		expect(await response.json()).toMatchObject({ jsonrpc: "2.0", error: { message: expect.any(String) } });
		for (const method of ["POST", "DELETE"]) {
			const { headers } = await open({ method }, JAVA, LOCAL + path);
			expect(headers.get("Content-Type") ?? "").not.toContain("html");
		}
	});

	it.each(["/token", "/register"])("and posts to %s gets an OAuth error", async (path) => {
		for (const body of ["{}", TOO_LARGE]) {
			const response = await open({ method: "POST", body }, JAVA, LOCAL + path);
			expect(response.status).toBeGreaterThanOrEqual(400);
			expect(await response.json()).toHaveProperty("error");
		}
	});
});

describe("HEAD", () => {
	it.each([
		["/", 200],
		["/nowhere", 404],
		["/mcp", way === "none" ? 405 : 401],
	])("%s is answered like GET, without a body", async (path, status) => {
		const response = await open({ method: "HEAD" }, "text/html", LOCAL + path);
		expect(response.status).toBe(status);
		expect(await response.text()).toBe("");
	});
});

describe("an error of the server's own", () => {
	it("names the request to the administrator, and nothing else", async () => {
		const by = person();
		const response = await by.get(`${LOCAL}/authorize?client_id=${encodeURIComponent("https://[bad/x")}`);
		expect(response.status).toBeGreaterThanOrEqual(400);
		expect(readText(await response.text())).not.toContain("Error:");
	});
});
