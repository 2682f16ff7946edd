/** What a server is, as the engine sees it: `defineServer` makes it of what `src/server.ts` says. */
import type { z } from "zod";
import type { Permissions } from "../auth/permissions.ts";
import type { Scopes } from "../auth/scopes.ts";
import type { Serves } from "./context.ts";
import type { Extra } from "./define/extra.ts";
import type { Prompt } from "./define/prompt.ts";
import type { Resource } from "./define/resource.ts";
import type { OutputSchema, Tool } from "./define/tool.ts";

/** What a server offers, in every version of the protocol. @typeParam Services what its items may need of the services */
export type Catalogue<Services = never> = {
	readonly tools: readonly Tool<z.ZodObject, OutputSchema, true | undefined, Services>[];
	readonly resources: readonly Resource<Services>[];
	readonly prompts: readonly Prompt<z.ZodObject, true | undefined, Services>[];
};

export type ServerInfo = {
	/** For programs: letters, digits, `-`. Configurations of clients use it. */
	readonly name: string;
	/** For people: on the pages and in clients. */
	readonly title: string;
	readonly version: string;
	/** What a model should know before it uses any of it. */
	readonly instructions?: string;
};

/** How those who call are let in, as far as all the others need to know. */
export type WayIn = {
	/**
	 * Whether users come back. Where they do not, nothing can be kept for them: no state is, and items that say
	 * `needsUser` and extras are left out.
	 */
	readonly hasUsers: boolean;
	/** A sentence for each setting that is wrong or missing. Nobody gets in until there are none. */
	problems(env: Env, isLocal: boolean): readonly string[];
	/** A sentence for each entry or setting that is ignored. */
	warnings(env: Env): readonly string[];
	/** What the home page and the greeting say of it. */
	describe(env: Env, origin: string): WayInDescription;
};

export type WayInDescription = {
	/** The titles of the identity providers that people are offered, or what there is instead. */
	readonly way: "built-in" | "api-key" | "none" | readonly string[];
	/** What to register at the identity providers. */
	readonly callback?: string;
	/** For people: what comes after the address is pasted into a client. */
	readonly next: string;
	/** A header that people enter in their client, with a placeholder for what is theirs. */
	readonly header?: { readonly name: string; readonly value: string };
};

export type Server = Serves & {
	readonly info: ServerInfo;
	readonly signIn: WayIn;
	/** Those of the extras among them. */
	readonly permissions: Permissions;
	/** Without those of the extras. */
	readonly scopes: Scopes;
	readonly catalogue: Catalogue;
	readonly extras: readonly Extra[];
};
