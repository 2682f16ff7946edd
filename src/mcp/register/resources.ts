/** Registers the resources on an MCP server, and checks access to them. */
import {
	type McpServer,
	ResourceTemplate,
	type ServerContext,
	UriTemplate,
	type Variables,
} from "@modelcontextprotocol/server";
import { currentPrincipal } from "../../auth/principal.ts";
import { contextOf, endingWith, type Serving, userContextOf } from "../context.ts";
import type { Resource } from "../define/resource.ts";
import { permitted, refusal } from "../gate.ts";
import { answerFor } from "../gated-answer.ts";

export function registerResources(server: McpServer, resources: readonly Resource[], serving: Serving): void {
	if (resources.length === 0) return;
	const { env } = serving;
	for (const resource of resources) {
		const { name, title, description, mimeType, uri } = resource;
		const read = async ({ href }: URL, variables: Variables, mcp: ServerContext) => {
			const values = Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)]));
			const context = contextOf(name, serving, mcp);
			const contents = await answerFor(resource, context, env, (signal) =>
				resource.read(href, values, endingWith(signal, context) as never),
			);
			return { contents: [{ uri: href, mimeType, ...contents }] };
		};
		const metadata = { title, description, mimeType };
		if (!UriTemplate.isTemplate(uri)) {
			server.registerResource(name, uri, metadata, (url, mcp) => read(url, {}, mcp));
			continue;
		}
		const template = new ResourceTemplate(uri, { list: undefined, complete: completersOf(resource, serving) });
		server.registerResource(name, template, metadata, read);
	}
	listPermitted(server, resources, serving);
}

/** Replaces the lists of the SDK, which do not depend on the principal. */
function listPermitted(server: McpServer, resources: readonly Resource[], serving: Serving): void {
	const visible = () => permitted(resources, currentPrincipal());
	server.server.setRequestHandler("resources/list", async () => {
		const context = userContextOf(serving);
		const lists = visible().map(async (resource) => {
			const { uri, name, title, description, mimeType } = resource;
			if (!UriTemplate.isTemplate(uri)) return [{ uri, name, title, description, mimeType }];
			const listed = await answerFor(
				resource,
				context,
				serving.env,
				async () => (await resource.list?.(context as never)) ?? [],
			);
			return listed.map((one) => ({ mimeType, ...one }));
		});
		return { resources: (await Promise.all(lists)).flat() };
	});
	server.server.setRequestHandler("resources/templates/list", () => ({
		resourceTemplates: visible()
			.filter(({ uri }) => UriTemplate.isTemplate(uri))
			.map(({ uri, name, title, description, mimeType }) => ({ uriTemplate: uri, name, title, description, mimeType })),
	}));
}

function completersOf(resource: Resource, serving: Serving): Record<string, (typed: string) => Promise<string[]>> {
	const completers = Object.entries(resource.complete ?? {}).map(([variable, complete]) => {
		const answer = async (typed: string) => {
			const context = userContextOf(serving);
			// Return no completions, so that no error is shown while the user types.
			if (refusal(resource, context)) return [];
			return answerFor(resource, context, serving.env, () => complete(typed, context as never));
		};
		return [variable, answer] as const;
	});
	// It has no prototype, because a client can ask for any name.
	return Object.assign(Object.create(null), Object.fromEntries(completers));
}
