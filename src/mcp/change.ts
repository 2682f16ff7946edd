/** A change to the items that a user can see: whole lists, or single resources. */

export type Change = {
	readonly lists?: readonly ("tools" | "prompts" | "resources")[];
	/** The URIs of resources. */
	readonly resources?: readonly string[];
};

export type ChangeNotification =
	| { readonly method: `notifications/${"tools" | "prompts" | "resources"}/list_changed` }
	| { readonly method: "notifications/resources/updated"; readonly params: { readonly uri: string } };
