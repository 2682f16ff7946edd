/** Which boxes of the consent page are ticked, before anybody knows what the person is permitted. */
import { type HTMLElement, parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { Server } from "../support/identity/server.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { type Fetch, fillIn, Person } from "../support/person.ts";
import { DEPLOYED, fetchWorker, LOCAL, signIn } from "../support/worker.ts";

const GITHUB = { GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret", IMAGE_GENERATION_USERS: "" };
/** Its access tokens state permissions. */
const WORKOS = { WORKOS_CLIENT_ID: "id", WORKOS_CLIENT_SECRET: "secret", IMAGE_GENERATION_USERS: "" };

type Settings = Readonly<Record<string, string>>;

/** A deployed server with these settings; without any, the one on this computer with its built-in sign-in. */
function serverWith(settings?: Settings): { via: Fetch; origin: string } {
	if (!settings) return { via: fetchWorker, origin: LOCAL };
	const server = new Server(settings);
	return { via: (url, init) => server.serve(url, init), origin: DEPLOYED };
}

async function consentUrl(via: Fetch, origin: string, scope?: string, path = "/mcp"): Promise<string> {
	const client = new OAuthClient(via, origin);
	const redirectUri = "https://editor.example/cb";
	const clientId = await client.register("Editor", [redirectUri]);
	return (
		await client.authorizationUrl(clientId, {
			redirectUri,
			resource: origin + path,
			...(scope !== undefined && { scope }),
		})
	).url;
}

async function boxes(settings?: Settings, scope?: string, path?: string): Promise<HTMLElement[]> {
	const { via, origin } = serverWith(settings);
	const page = await new Person(via).get(await consentUrl(via, origin, scope, path));
	return parse(await page.text()).querySelectorAll("label:has(input[name=scope])");
}

const inputOf = (box: HTMLElement) => box.querySelector("input");
const nameOf = (box: HTMLElement) => inputOf(box)?.getAttribute("value");
const tickedAmong = (all: HTMLElement[]) => all.filter((box) => inputOf(box)?.hasAttribute("checked")).map(nameOf);

const FOR_EVERYONE = ["tools", "identity", "notes"];
const ALL = [...FOR_EVERYONE, "images"];

type Row = { server: string; settings?: Settings; scope?: string; ticked: string[]; note?: string };

describe("the box of a scope that needs a permission", () => {
	const CHOSEN = "Works only if you also tick “May be let in” on the next page.";
	const SOME = "Only for users with the permission “May be let in”.";
	const NOBODY = "No user of this server has the permission “May be let in” yet.";

	it.each<Row>([
		{ server: "where people choose their permissions next", ticked: ALL, note: CHOSEN },
		{ server: "where everyone has it", settings: { ...GITHUB, IMAGE_GENERATION_USERS: "*" }, ticked: ALL },
		{
			server: "where some are listed",
			settings: { ...GITHUB, IMAGE_GENERATION_USERS: "alice" },
			ticked: FOR_EVERYONE,
			note: SOME,
		},
		{
			server: "where some are listed, for a client that names it",
			settings: { ...GITHUB, IMAGE_GENERATION_USERS: "alice" },
			scope: ALL.join(" "),
			ticked: ALL,
			note: SOME,
		},
		{ server: "where the identity provider says who has it", settings: WORKOS, ticked: FOR_EVERYONE, note: SOME },
		{
			server: "where the identity provider says who has it, for a client that names it",
			settings: WORKOS,
			scope: ALL.join(" "),
			ticked: ALL,
			note: SOME,
		},
		{ server: "where nobody has it", settings: GITHUB, ticked: FOR_EVERYONE, note: NOBODY },
		{
			server: "where nobody has it, for a client that names it",
			settings: GITHUB,
			scope: ALL.join(" "),
			ticked: FOR_EVERYONE,
			note: NOBODY,
		},
	])("$server", async ({ settings, scope, ticked, note }) => {
		const shown = await boxes(settings, scope);
		expect(shown.map(nameOf)).toEqual(ALL);
		expect(tickedAmong(shown)).toEqual(ticked);
		const notes = shown.map((box) => box.querySelector(".note")?.text);
		expect(notes).toEqual([undefined, undefined, undefined, note]);
	});

	it("is ticked if it is the only one, unless no user can be granted it", async () => {
		const ticked = async (STDIO_ALLOWED_USERS: string) => {
			const settings = { ...GITHUB, STDIO_COMMAND: "uvx mcp-server-fetch", STDIO_ALLOWED_USERS };
			return tickedAmong(await boxes(settings, undefined, "/stdio/mcp"));
		};
		expect(await ticked("alice")).toEqual(["stdio"]);
		expect(await ticked("")).toEqual([]);
	});
});

describe("a consent page that is left as it was shown", () => {
	const settings = { ...GITHUB, IMAGE_GENERATION_USERS: "alice" };

	it("is remembered, and grants what was ticked on it", async () => {
		const { via, origin } = serverWith(settings);
		const url = await consentUrl(via, origin);
		const by = new Person(via);
		const form = fillIn(await (await by.get(url)).text(), { scopes: "as shown" });
		expect(form.fields.filter(([name]) => name === "scope").map(([, scope]) => scope)).toEqual(FOR_EVERYONE);
		await by.post(origin + form.action, form.fields);
		const again = await by.get(url);
		expect([again.status, new URL(again.headers.get("Location") ?? "").host]).toEqual([302, "github.com"]);
		expect((await by.get(`${url}&scope=${ALL.join("+")}`)).status).toBe(200);
		expect((await new Person(via).get(url)).status).toBe(200);
	});

	it("is shown again to somebody who unticked a box", async () => {
		const { via, origin } = serverWith(settings);
		const url = await consentUrl(via, origin);
		const by = new Person(via);
		const form = fillIn(await (await by.get(url)).text(), { scopes: ["tools"] });
		await by.post(origin + form.action, form.fields);
		expect((await by.get(url)).status).toBe(200);
	});

	it("on this computer gives images to those who tick the permission, and to nobody else", async () => {
		const scopes = "as shown";
		expect((await signIn({ scopes, permissions: ["image_generation"] })).scope).toBe(ALL.join(" "));
		expect((await signIn({ scopes, permissions: [] })).scope).toBe(FOR_EVERYONE.join(" "));
	});
});
