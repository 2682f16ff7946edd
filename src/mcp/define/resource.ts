/** The definition of a resource. */
import type { Context, Needing, UserContext } from "../context.ts";
import type { Gated } from "../gate.ts";
import type { Completer } from "./completer.ts";

/** Text, or base64-encoded bytes. `mimeType` overrides the media type of the resource. */
export type Contents = ({ readonly text: string } | { readonly blob: string }) & { readonly mimeType?: string };

/** A resource that matches a template. */
export type ListedResource = {
	readonly uri: string;
	readonly name: string;
	readonly title: string;
	/** In bytes. */
	readonly size?: number;
};

export type Resource<Needs = never> = Gated & {
	/** Unique, kebab-case, and the name of the resource's file. */
	readonly name: string;
	readonly title: string;
	/** For people: one line on the home page. If omitted, the description is shown there. */
	readonly summary?: string;
	/** A square SVG for clients and the home page. It is served at `/icons/resources/<name>.svg`. */
	readonly icon?: string;
	readonly description: string;
	readonly mimeType: string;
	/** A URI, or a template of URIs (RFC 6570): `notes://{id}`. */
	readonly uri: string;
	/** The `_meta` of the resource, in lists and with its contents. */
	readonly meta?: Readonly<Record<string, unknown>>;
	/**
	 * @param variables the values of the template's variables
	 * @throws ResourceNotFoundError (of the SDK) if there is none; UserError with a sentence for the user
	 */
	read(uri: string, variables: Readonly<Record<string, string>>, context: Context<Needs>): Promise<Contents>;
	/** The resources of a template that `resources/list` shows. */
	list?(context: UserContext<Needs>): Promise<readonly ListedResource[]>;
	/** Completes a template's variables while users type. */
	readonly complete?: Readonly<Record<string, Completer<Needs>>>;
} & Needing<Needs>;

export function defineResource<Needs = object>(resource: Resource<Needs>): Resource<Needs> {
	return resource;
}
