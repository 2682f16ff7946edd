/** What changes of what a user may see and use: whole lists, and single resources. */

export type Change = {
	readonly lists?: readonly ("tools" | "prompts" | "resources")[];
	/** URIs. */
	readonly resources?: readonly string[];
};

export type ChangeNotification =
	| { readonly method: `notifications/${"tools" | "prompts" | "resources"}/list_changed` }
	| { readonly method: "notifications/resources/updated"; readonly params: { readonly uri: string } };
