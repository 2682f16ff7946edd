/** A server that offers something else than the demo: what it says of itself, and what its tools learn of the caller. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { definePrompt } from "../../src/mcp/define/prompt.ts";
import { defineResource } from "../../src/mcp/define/resource.ts";
import type { DefinedServer } from "../../src/mcp/define/server.ts";
import { defineServer } from "../../src/mcp/define/server.ts";
import { defineSkill, type Skill } from "../../src/mcp/define/skill.ts";
import { defineTool } from "../../src/mcp/define/tool.ts";
import { isView } from "../../src/mcp/define/view.ts";
import { server as product } from "../../src/server.ts";
import { identityProviders } from "../../src/sign-in/identity-providers.ts";
import { createWorker } from "../../src/worker.ts";
import { grantTokens } from "../support/grants.ts";
import { DORA } from "../support/people.ts";
import { type Fetch, readText } from "../support/person.ts";
import { stateless } from "../support/stateless.ts";
import { messagesOf } from "../support/wire.ts";
import { LOCAL, mcp } from "../support/worker.ts";

const showCaller = defineTool({
	name: "show_caller",
	title: "Show the caller",
	description: "Shows what a tool learns of the caller.",
	scope: "tools",
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	input: z.object({}),
	run: async (_args, { user, permissions }) => ({
		content: [{ type: "text", text: JSON.stringify({ user, permissions }) }],
	}),
});
const weather = defineResource({
	name: "weather",
	title: "Weather",
	description: "The weather in a city, as of today.",
	scope: "tools",
	requires: "image_generation",
	mimeType: "text/plain",
	uri: "weather://{city}",
	read: async () => ({ text: "Fine." }),
});
const forecast = definePrompt({
	name: "forecast",
	title: "Forecast",
	description: "Asks for the weather of tomorrow.",
	scope: "tools",
	args: z.object({}),
	messages: async () => [],
});

const info = { name: "weather", title: "The weather", version: "1.0.0" };
const permissions = product.permissions;
const catalogue = { tools: [showCaller], resources: [weather], prompts: [forecast] };
const OWN = defineServer({ info, signIn: identityProviders(), permissions, catalogue });
const EMPTY = defineServer({ info, signIn: identityProviders() });

function serverOf(server: DefinedServer): Fetch {
	const { handler } = createWorker(server);
	return async (url, init) => handler.fetch(new Request(url, init), env, createExecutionContext());
}

describe("the home page", () => {
	const homeOf = async (server: DefinedServer) => readText(await (await serverOf(server)(`${LOCAL}/`)).text());
	const flat = (text: string) => text.replace(/\s+/g, " ");

	it("lists the tools, resources and prompts of the server's own catalogue, and no others", async () => {
		const text = flat(await homeOf(OWN));
		expect(text).toContain("Shows what a tool learns of the caller. show_caller");
		expect(text).toContain(
			"The weather in a city, as of today. weather://{city} · only for users with the permission “May generate images”",
		);
		expect(text).toContain("Asks for the weather of tomorrow. forecast");
		const { tools, resources, prompts } = product.catalogue;
		const others = [...tools, ...resources, ...prompts];
		for (const { description } of others) expect(text).not.toContain(description);
	});

	it("of the demo lists all that it offers to people", async () => {
		const text = flat(await homeOf(product));
		const { tools, resources, prompts } = product.catalogue;
		for (const { name, title, summary } of tools) expect(text).toContain(`${title} ${summary} ${name}`);
		for (const resource of resources) {
			const { uri, title, summary, description } = resource;
			const line = `${title} ${summary ?? description} ${uri}`;
			// Views are for clients.
			if (isView(resource)) expect(text).not.toContain(line);
			else expect(text).toContain(line);
		}
		for (const { name, title, summary, description } of prompts) {
			expect(text).toContain(`${title} ${summary ?? description} ${name}`);
		}
	});

	it("has no headings for what there is none of", async () => {
		const headings = /^(Tools|Resources|Prompts)$/m;
		expect(await homeOf(EMPTY)).not.toMatch(headings);
		expect(await homeOf(OWN)).toMatch(headings);
	});
});

describe("the extension for skills", () => {
	const resultOf = async (server: DefinedServer, method: string) => {
		const { access_token: token } = await grantTokens({ origin: LOCAL, props: { user: DORA } });
		const { headers, message } = stateless(method);
		return messagesOf(await mcp(message, { token, headers, via: serverOf(server), catalogue: server.catalogue }))();
	};
	const extensionsOf = async (server: DefinedServer) => {
		const { result } = await resultOf(server, "server/discover");
		return Object(result?.capabilities).extensions;
	};
	const skill = defineSkill({
		name: "read-clouds",
		title: "Read clouds",
		description: "How to tell the weather from clouds.",
		scope: "tools",
		instructions: "Look up.",
	});
	const withSkills = (skills: Skill[]) => defineServer({ info, signIn: identityProviders(), catalogue: { skills } });

	it("is advertised with a skill, and with the reading of folders if a skill has files", async () => {
		expect(await extensionsOf(withSkills([skill]))).toEqual({ "io.modelcontextprotocol/skills": {} });
		expect(await extensionsOf(withSkills([{ ...skill, files: { "clouds.md": "Grey." } }]))).toEqual({
			"io.modelcontextprotocol/skills": { directoryRead: true },
		});
	});

	it("is neither advertised nor there without one", async () => {
		expect(await extensionsOf(EMPTY)).toBeUndefined();
		expect((await resultOf(EMPTY, "skills/list")).error).toMatchObject({ code: -32601 });
		expect((await resultOf(withSkills([skill]), "skills/list")).result).toMatchObject({
			skills: [{ frontmatter: { name: "read-clouds" } }],
		});
	});

	it("takes no two skills by one name, no name that the specification refuses, and no scope that is not defined", () => {
		expect(() => withSkills([skill, skill])).toThrow("There are two by the name read-clouds.");
		for (const name of ["Read", "read_clouds", "-read", "read--clouds", "r".repeat(65)]) {
			expect(() => withSkills([{ ...skill, name }])).toThrow(`${name} is no name of a skill`);
		}
		expect(() => withSkills([{ ...skill, name: "r".repeat(64) }])).not.toThrow();
		expect(() => withSkills([{ ...skill, scope: "sky" }])).toThrow("read-clouds has the scope sky");
	});
});

describe("the instructions to models", () => {
	const instructionsOf = async (server: DefinedServer) => {
		const { access_token: token } = await grantTokens({ origin: LOCAL, props: { user: DORA } });
		const { headers, message } = stateless("server/discover");
		const response = await mcp(message, { token, headers, via: serverOf(server) });
		return (await messagesOf(response)()).result?.instructions;
	};

	it("are those of the catalogue, which may have none", async () => {
		expect(await instructionsOf(product)).toContain("Call whoami");
		expect(await instructionsOf({ ...OWN, info: { ...info, instructions: "Ask for a city first." } })).toBe(
			"Ask for a city first.",
		);
		expect(await instructionsOf(OWN)).toBeUndefined();
	});
});

describe("a tool", () => {
	it("learns of the permissions that hold, and of none that the identity provider only claims", async () => {
		const user = { ...DORA, isLoginUnique: true, login: "listed@example.com", permissions: ["stdio"] };
		const { access_token: token } = await grantTokens({ origin: LOCAL, props: { user } });
		const { headers, message } = stateless("tools/call", { name: "show_caller", arguments: {} });
		const response = await mcp(message, { token, headers, via: serverOf(OWN), catalogue: OWN.catalogue });
		const { content } = (await messagesOf(response)()).result as { content?: { text: string }[] };
		const { permissions: _claimed, ...person } = user;
		expect(JSON.parse(content?.[0]?.text ?? "")).toEqual({ user: person, permissions: ["image_generation"] });
	});
});
