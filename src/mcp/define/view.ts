/** The definition of a view: where clients with MCP Apps show the results of a tool. Other clients see nothing of it. */
import { env } from "cloudflare:workers";
import type { McpUiResourceMeta } from "@modelcontextprotocol/ext-apps";
import { RESOURCE_MIME_TYPE, RESOURCE_URI_META_KEY } from "@modelcontextprotocol/ext-apps/server";
import { viewPath } from "../../http/view-path.ts";
import type { Gated } from "../gate.ts";
import type { Resource } from "./resource.ts";

export type View = {
	/** Unique, kebab-case. The program of the view is `<name>.view.ts`, beside the tool's file. */
	readonly name: string;
	readonly title: string;
	readonly description: string;
	/** Other origins that the view needs: for its requests, and for its images, styles and scripts. By default none. */
	readonly csp?: Pick<NonNullable<McpUiResourceMeta["csp"]>, "connectDomains" | "resourceDomains">;
	/** Whether the client draws a border around it. */
	readonly prefersBorder?: boolean;
};

/** The playground shows the view from the same path on the server. `src/scripts/assets.ts` builds what is there. */
function uriOf({ name }: View): string {
	return `ui:/${viewPath(name)}`;
}

/** What `tools/list` says of a tool's view. The second key is for hosts that are older than the first. */
export function metaOf(view: View) {
	const resourceUri = uriOf(view);
	return { _meta: { ui: { resourceUri }, [RESOURCE_URI_META_KEY]: resourceUri } };
}

/** Whether a resource is a view, which clients without MCP Apps and people have no use for. */
export function isView({ mimeType }: Pick<Resource, "mimeType">): boolean {
	return mimeType === RESOURCE_MIME_TYPE;
}

/** The resource that holds a view. It is for those who may use the tool, and has the tool's icon. */
export function resourceOf(view: View, tool: Gated & Pick<Resource, "icon">): Resource {
	const { scope, requires, needsUser, icon } = tool;
	const { name, title, description, csp, prefersBorder = false } = view;
	const uri = uriOf(view);
	return {
		name: `${name}-view`,
		title,
		description,
		scope,
		...(icon !== undefined && { icon }),
		...(requires !== undefined && { requires }),
		...(needsUser && { needsUser }),
		mimeType: RESOURCE_MIME_TYPE,
		uri,
		meta: { ui: { ...(csp && { csp }), prefersBorder } satisfies McpUiResourceMeta },
		async read() {
			const response = await env.ASSETS.fetch(uri.replace("ui:/", "https://assets.example"));
			if (!response.ok) throw new Error(`There is no file for the view ${name}: is there a ${name}.view.ts?`);
			return { text: await response.text() };
		},
	};
}
