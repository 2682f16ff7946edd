/** The definition of a server, as the engine uses it. `defineServer` makes it from `src/server.ts`. */
import type { Context } from "hono";
import type { z } from "zod";
import type { User } from "../auth/grant.ts";
import type { Permissions } from "../auth/permissions.ts";
import type { Scopes } from "../auth/scopes.ts";
import type { Theme } from "../pages/theme.ts";
import type { Change } from "./change.ts";
import type { Serves } from "./context.ts";
import type { Extra } from "./define/extra.ts";
import type { Prompt } from "./define/prompt.ts";
import type { Resource } from "./define/resource.ts";
import type { Skill } from "./define/skill.ts";
import type { OutputSchema, Tool } from "./define/tool.ts";
import type { DatedEntry, HistoryEntry } from "./object/history.ts";

/** The tools, resources, prompts and skills of a server. @typeParam Services the services that its items may need */
export type Catalogue<Services = never> = {
	readonly tools: readonly Tool<z.ZodObject, OutputSchema, true | undefined, Services>[];
	readonly resources: readonly Resource<Services>[];
	readonly prompts: readonly Prompt<z.ZodObject, true | undefined, Services>[];
	/** Their files are among the resources, as are the views of the tools. */
	readonly skills: readonly Skill[];
};

export type ServerInfo = {
	/** For programs: letters, digits, `-`. It is used in the configuration of clients. */
	readonly name: string;
	/** For people: it is shown on the pages and in clients. */
	readonly title: string;
	/** One sentence for people, at most 100 characters: on the home page, in previews, and in the MCP registry. */
	readonly summary?: string;
	readonly version: string;
	/** Instructions that a model should read before it uses the server. */
	readonly instructions?: string;
	/** Where the source is, for a link on the home page and in the MCP registry. */
	readonly sourceUrl?: string;
};

/** The part of a sign-in that the rest of the engine needs. */
export type WayIn = {
	/**
	 * Whether the same user can return in a later session. If not, no state is kept, and items and extras with
	 * `needsUser` are left out.
	 */
	readonly hasUsers: boolean;
	/** A sentence for each setting that is wrong or missing. The server refuses all requests until there are none. */
	problems(env: Env, isLocal: boolean): readonly string[];
	/** A sentence for each entry or setting that is ignored. */
	warnings(env: Env): readonly string[];
	/** The description on the home page and in the greeting. */
	describe(env: Env, origin: string): WayInDescription;
	/** Makes what keeps the sign-in's data of a user, in the user's object. The Worker calls its methods there. */
	keeper?(server: Server, host: KeeperHost): Keeper;
	/** Deletes expired data outside the users' objects. The cron trigger calls it; it logs failures and does not throw. */
	sweep?(env: Env): Promise<void>;
};

/** What a keeper gets from the user's object. */
export type KeeperHost = {
	readonly env: Env;
	readonly sql: SqlStorage;
	/** Makes sure that `tidy` is called within this time. */
	tidyIn(seconds: number): void;
	/** Goes on with work that nobody waits for. */
	waitUntil(work: Promise<unknown>): void;
	/** Ends the streams and calls of a grant. */
	endGrant(grantId: string): void;
	/** The identity provider claims other permissions of the user than before. */
	claimsChanged(grantId: string, permissions: readonly string[]): void;
	announce(change: Change): void;
	/** What the user can see of what happened in their name. */
	readonly history: {
		add(entry: HistoryEntry): void;
		/** The newest first. */
		entries(): DatedEntry[];
	};
	/** The grants of the open streams, one entry for each stream. */
	openStreams(): string[];
};

export type Keeper = {
	/** Deletes expired data. The object's alarm calls it. */
	tidy(): void;
	/** The scopes of a grant; undefined if it has ended. Without it, only a request shows what its client may do. */
	scopesOf?(userId: string, grantId: string): readonly string[] | undefined;
};

export type WayInDescription = {
	/** The titles of the identity providers that users can choose, or the kind of sign-in that replaces them. */
	readonly way: "built-in" | "api-key" | "none" | readonly string[];
	/** The callback URL to register at the identity providers. */
	readonly callback?: string;
	/** If every user of an identity provider may sign in, a sentence for each provider that says so. */
	readonly openTo?: readonly string[];
	/** A sentence for each identity provider whose users none of the settings can let in. */
	readonly shutOut?: readonly string[];
	/** For people: what happens after the address is pasted into a client. */
	readonly next: string;
	/** A header that users enter in their client, with a placeholder for their own value. */
	readonly header?: { readonly name: string; readonly value: string };
};

export type Server = Serves & {
	readonly info: ServerInfo;
	/** How the pages look. */
	readonly theme: Theme;
	readonly signIn: WayIn;
	/** The permissions, including those of the extras. */
	readonly permissions: Permissions;
	/** The scopes, without those of the extras. */
	readonly scopes: Scopes;
	readonly catalogue: Catalogue;
	readonly extras: readonly Extra[];
	/** The extras that are pages. */
	readonly pages: readonly Pages[];
};

/** Pages for users who sign in at an identity provider. */
export type Pages = {
	/** Where they begin. */
	readonly path: `/${string}`;
	readonly title: string;
	/** Continues with a user who signed in because these pages asked for it. */
	signedIn?(c: Context, user: User): Response | Promise<Response>;
	/**
	 * Whether the pages run a program in the browser that is itself a client of this server: it has scripts and styles
	 * below `path`, calls this server, and `path` is the redirect URI of its sign-in.
	 */
	readonly isClient?: true;
};
