/** What a resource is. */
import type { Context, Needing, UserContext } from "../context.ts";
import type { Gated } from "../gate.ts";

/** Text, or base64-encoded bytes; of the resource's own media type unless it says another. */
export type Contents = ({ readonly text: string } | { readonly blob: string }) & { readonly mimeType?: string };

/** One of the resources that a template stands for. */
export type ListedResource = {
	readonly uri: string;
	readonly name: string;
	readonly title: string;
	/** Bytes. */
	readonly size?: number;
};

export type Resource<Needs = never> = Gated & {
	/** Unique, kebab-case, and the name of the resource's file. */
	readonly name: string;
	readonly title: string;
	readonly description: string;
	readonly mimeType: string;
	/** A URI, or a template of URIs (RFC 6570): `notes://{id}`. */
	readonly uri: string;
	/**
	 * @param variables what the template's expressions stand for
	 * @throws ResourceNotFoundError (of the SDK) if there is none; UserError with a sentence for the person
	 */
	read(uri: string, variables: Readonly<Record<string, string>>, context: Context<Needs>): Promise<Contents>;
	/** Those of a template that `resources/list` shows. */
	list?(context: UserContext<Needs>): Promise<readonly ListedResource[]>;
	/** Completes a template's variables while a person types: values that start with what they typed. */
	readonly complete?: Readonly<Record<string, (typed: string, context: UserContext<Needs>) => Promise<string[]>>>;
} & Needing<Needs>;

export function defineResource<Needs = object>(resource: Resource<Needs>): Resource<Needs> {
	return resource;
}
