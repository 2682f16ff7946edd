/** What the home page says, in HTML and in Markdown. */
import type { Offer } from "../mcp/define/extra.ts";
import { isView } from "../mcp/define/view.ts";
import type { Server, ServerInfo, WayInDescription } from "../mcp/definition.ts";
import type { Gated } from "../mcp/gate.ts";

export type Home = {
	readonly origin: string;
	/** Whether the server is on the user's own computer. */
	readonly isLocal: boolean;
	/** The name of the server in a client's configuration. */
	readonly name: string;
	/** The address of Streamable HTTP. */
	readonly url: string;
	readonly header: WayInDescription["header"];
	readonly server: Server;
	readonly signIn: WayInDescription;
	/** The offers of the extras that the settings turn on. */
	readonly offers: readonly (Offer & { readonly path: string })[];
};

export function summaryOf({ summary }: ServerInfo): string {
	return summary ?? "Tools for AI assistants, over the Model Context Protocol.";
}

/** The resources that people are told of. */
export function shownResources({ catalogue }: Server) {
	return catalogue.resources.filter((resource) => !isView(resource)).map((one) => ({ ...one, name: one.uri }));
}

const PROVIDERS = new Intl.ListFormat("en", { type: "disjunction" });

/** How users sign in, and what happens next. */
export function signInSentence({ way, next }: WayInDescription): string {
	return typeof way === "string" ? next : `${next} You sign in with ${PROVIDERS.format(way)}.`;
}

/** The permission that an item needs, in words; an empty text if it needs none. */
export function permissionSentence({ requires }: Gated, { permissions }: Server): string {
	if (requires === undefined) return "";
	const title = permissions[requires]?.title ?? requires;
	return ` · only for users with the permission “${title}”`;
}
