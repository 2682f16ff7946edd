/** What follows from an item's own definition, asked in every version of the protocol: a new one is tested before it has a test. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { server } from "#under-test";
import { WITH_VIEWS } from "../src/mcp/apps.ts";
import type { Gated } from "../src/mcp/gate.ts";
import { ERAS, type EraClient, openEra } from "./support/eras.ts";
import type { Answer, Message } from "./support/wire.ts";
import { signIn, type ToolAnswer, way } from "./support/worker.ts";

const { tools, resources, prompts } = server.catalogue;
const PERMISSIONS = Object.keys(server.permissions);
const SCOPES = Object.keys(server.scopes);

type Request = readonly [method: string, params: Message];

/** What asks for each item by its name. */
const ITEMS: (Gated & { request: Request; list: Request; shown: string; isFitting: boolean })[] = [
	...tools.map((tool) => ({
		...tool,
		request: ["tools/call", { name: tool.name, arguments: tool.example ?? {} }] as const,
		list: ["tools/list", {}] as const,
		shown: `"name":"${tool.name}"`,
		isFitting: tool.input.safeParse(tool.example ?? {}).success,
	})),
	...prompts.map((prompt) => ({
		...prompt,
		request: ["prompts/get", { name: prompt.name, arguments: {} }] as const,
		list: ["prompts/list", {}] as const,
		shown: `"name":"${prompt.name}"`,
		isFitting: true,
	})),
	...resources.map((resource) => ({
		...resource,
		request: ["resources/read", { uri: resource.uri.replace(/\{[^}]*\}/g, "1") }] as const,
		list: [resource.uri.includes("{") ? "resources/templates/list" : "resources/list", {}] as const,
		shown: `"${resource.uri}"`,
		isFitting: true,
	})),
];

/** @returns how a refusal reads, whichever form a version of the protocol gives it */
function refusalIn(answer: Answer): string {
	if ("challenge" in answer) return answer.challenge;
	if ("error" in answer) return answer.error.message;
	const { isError, content } = answer.result as unknown as ToolAnswer;
	return isError ? content.map(({ text }) => text).join("\n") : "";
}

/** Views are listed for clients that show them. */
const capabilities = { ...WITH_VIEWS };

const tokenOf = async (permissions: string[], scopes: string[]) =>
	(await signIn({ email: "derived@example.com", permissions, scopes, resource: null })).access_token;

const withoutPermissions = SCOPES.filter((scope) => server.scopes[scope]?.permission === undefined);

describe.each(ERAS)("in %s", (era) => {
	let client: EraClient;
	let unpermitted: EraClient;
	beforeAll(async () => {
		client = await openEra(era, { token: await tokenOf(PERMISSIONS, SCOPES), capabilities });
		unpermitted = await openEra(era, { token: await tokenOf([], withoutPermissions), capabilities });
	});
	afterAll(async () => {
		await client.close();
		await unpermitted.close();
	});

	it.each(ITEMS)(
		"$name is listed, and refused by name without its scope",
		async ({ name, scope, requires, request, list, shown, isFitting }) => {
			// Strangers have every scope, and no permission.
			if (way === "none" && requires) return;
			expect(JSON.stringify(await client.request(...list))).toContain(shown);
			if (way === "none") return;
			const others = SCOPES.filter((one) => one !== scope);
			if (others.length === 0) return;
			const lacking = await openEra(era, { token: await tokenOf(PERMISSIONS, others), capabilities });
			expect(JSON.stringify(await lacking.request(...list))).not.toContain(shown);
			const refusal = refusalIn(await lacking.request(...request));
			const isChallenge = refusal.startsWith("error=");
			const isNamed = refusal.includes(isChallenge ? "insufficient_scope" : `${name} needs the scope "${scope}"`);
			// At /sse, arguments that do not fit are told first; a tool without an example has none that do.
			expect(isNamed || (!isFitting && refusal.includes("Invalid arguments")), refusal).toBe(true);
			if (isChallenge) expect(refusal).toContain(` ${scope}"`);
			await lacking.close();
		},
	);

	it.each(ITEMS.filter(({ requires }) => requires))(
		"$name is refused without its permission",
		async ({ name, requires, request, list, shown }) => {
			expect(JSON.stringify(await unpermitted.request(...list))).not.toContain(shown);
			const refusal = refusalIn(await unpermitted.request(...request));
			expect(refusal).toContain(`${name} needs the permission "${requires}"`);
		},
	);

	it.each(tools.filter(({ example, requires }) => example && !(way === "none" && requires)))(
		"$name answers its example as it says",
		async (tool) => {
			const answer = await client.request("tools/call", { name: tool.name, arguments: tool.example });
			expect(refusalIn(answer)).toBe("");
			const result = "result" in answer ? answer.result : {};
			expect(result.content).toEqual(expect.any(Array));
			expect(
				tool.output ? tool.output.safeParse(result.structuredContent).error : result.structuredContent,
			).toBeUndefined();
		},
	);

	it.each(tools)("$name answers a call without arguments as its schema says", async ({ name, input }) => {
		const { error } = input.safeParse({});
		const refusal = refusalIn(await client.request("tools/call", { name, arguments: {} }));
		const misfit = `Invalid arguments for tool ${name}: ${error?.issues[0]?.path.join(".")}`;
		if (error) expect(refusal).toContain(misfit);
		else expect(refusal).not.toContain("Invalid arguments");
	});

	it.each(tools)("$name takes no arguments that are no object", async ({ name }) => {
		const refusal = refusalIn(await client.request("tools/call", { name, arguments: "text" }));
		expect(refusal).toBe("Invalid params: arguments: expected object, received string");
	});
});
