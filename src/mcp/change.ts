/** What changes of what a user may see and use: whole lists, and single resources. */
import type { Rights } from "../auth/principal.ts";
import type { Catalogue } from "./define/server.ts";
import { permits } from "./gate.ts";
import { resourcesAt } from "./message.ts";

export type Change = {
	readonly lists?: readonly ("tools" | "prompts" | "resources")[];
	/** URIs. */
	readonly resources?: readonly string[];
};

export type ChangeNotification =
	| { readonly method: `notifications/${"tools" | "prompts" | "resources"}/list_changed` }
	| { readonly method: "notifications/resources/updated"; readonly params: { readonly uri: string } };

/** What a client is told of a change: of lists that this server has, and of resources that it may read. */
export function notificationsOf({ lists = [], resources = [] }: Change, catalogue: Catalogue, rights: Rights) {
	const offered = lists.filter((list) => catalogue[list].length > 0);
	const readable = resources.filter((uri) => resourcesAt(catalogue, uri).some((item) => permits(item, rights)));
	return [
		...offered.map((list): ChangeNotification => ({ method: `notifications/${list}/list_changed` })),
		...readable.map((uri): ChangeNotification => ({ method: "notifications/resources/updated", params: { uri } })),
	];
}
