/** Registers the resources on an MCP server, and checks access to them. */
import {
	type McpServer,
	ResourceTemplate,
	type ServerContext,
	UriTemplate,
	type Variables,
} from "@modelcontextprotocol/server";
import { currentPrincipal } from "../../auth/principal.ts";
import { showsViews } from "../apps.ts";
import { contextOf, endingWith, type Serving, userContextOf } from "../context.ts";
import type { Resource } from "../define/resource.ts";
import { isView } from "../define/view.ts";
import { permitted } from "../gate.ts";
import { answerFor } from "../gated-answer.ts";
import { iconsOf } from "../implementation.ts";

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
			return { contents: [{ uri: href, mimeType, ...contents, ...metaOf(resource) }] };
		};
		const metadata = { title, description, mimeType };
		if (!UriTemplate.isTemplate(uri)) {
			server.registerResource(name, uri, metadata, (url, mcp) => read(url, {}, mcp));
			continue;
		}
		const template = new ResourceTemplate(uri, { list: undefined });
		server.registerResource(name, template, metadata, read);
	}
	listPermitted(server, resources, serving);
}

/** Replaces the lists of the SDK, which do not depend on the principal. */
function listPermitted(server: McpServer, resources: readonly Resource[], serving: Serving): void {
	const visible = () => {
		const hasViews = showsViews(serving.clientCapabilities());
		return permitted(resources, currentPrincipal()).filter((resource) => hasViews || !isView(resource));
	};
	server.server.setRequestHandler("resources/list", async () => {
		const context = userContextOf(serving);
		const lists = visible().map(async (resource) => {
			const { uri, mimeType } = resource;
			if (!UriTemplate.isTemplate(uri)) return [{ uri, ...describe(resource) }];
			const listed = await answerFor(
				resource,
				context,
				serving.env,
				async () => (await resource.list?.(context as never)) ?? [],
			);
			const icons = iconsOf("resources", resource, currentPrincipal().origin);
			return listed.map((one) => ({ mimeType, ...icons, ...one }));
		});
		return { resources: (await Promise.all(lists)).flat() };
	});
	server.server.setRequestHandler("resources/templates/list", () => ({
		resourceTemplates: visible()
			.filter(({ uri }) => UriTemplate.isTemplate(uri))
			.map((resource) => ({ uriTemplate: resource.uri, ...describe(resource) })),
	}));
}

/** A resource, or a template, as a list shows it. */
function describe(resource: Resource) {
	const { name, title, description, mimeType } = resource;
	const icons = iconsOf("resources", resource, currentPrincipal().origin);
	return { name, title, description, mimeType, ...icons, ...metaOf(resource) };
}

function metaOf({ meta }: Resource) {
	return meta && { _meta: { ...meta } };
}
