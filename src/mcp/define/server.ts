/** What a server is: all that `src/server.ts` says of it. The engine makes the Worker and its objects from this. */
import type { z } from "zod";
import type { Principal } from "../../auth/principal.ts";
import { isLoopbackUrl } from "../../http/loopback.ts";
import type { Upstream } from "../../identity/upstream-api.ts";
import type { StateClasses, StateOf } from "../user-state.ts";
import type { Extra } from "./extra.ts";
import type { Prompt } from "./prompt.ts";
import type { Resource } from "./resource.ts";
import type { OutputSchema, Tool } from "./tool.ts";

/** What a user may do on this server, by their identity provider's claims or by a setting. */
export type PermissionDefinition = {
	/** Such as "May generate images". */
	readonly title: string;
	/** The setting that lists who has it: logins or email addresses, separated by commas, or `*` for everyone. */
	readonly users?: string;
	/** Whether every user of a server on a loopback host has it, unless the setting lists who does. */
	readonly isEveryonesLocally?: boolean;
	/** Whether it means anything under these settings. If left out, it does. */
	isOffered?(env: Env): boolean;
};

/** A part of what a client can be allowed to do: a box on the consent page. */
export type ScopeDefinition = {
	/** Completes "It may …". */
	readonly sentence: string | ((env: Env) => string);
	/** A command that the consent page shows behind the sentence. */
	command?(env: Env): string | undefined;
	/** Granted only to users who have this permission. If left out, to every user. */
	readonly permission?: string;
};

export type Permissions = Readonly<Record<string, PermissionDefinition>>;
export type Scopes = Readonly<Record<string, ScopeDefinition>>;

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

/** What `services` makes the services from. */
export type ServiceRequest<Classes extends StateClasses> = {
	readonly env: Env;
	/** Who is calling. */
	readonly principal: Omit<Principal, "upstreamToken" | "grantId" | "expiresAt">;
	/** What the server keeps for this user, by the names in `state`. */
	readonly state: StateOf<Classes>;
};

type Definition<Classes extends StateClasses, Services, Apis extends string> = {
	readonly info: ServerInfo;
	readonly permissions?: Permissions;
	/** If left out, there is one, `tools`. */
	readonly scopes?: Scopes;
	/** What is kept for each user, in their Durable Object. A class gets the object's database and a way to tell clients of changes. */
	readonly state?: Classes;
	/**
	 * Your own APIs that take the user's token from the identity provider, by the name that tools call them with:
	 * `context.upstream.crm.fetch("/me")`. Base addresses, https.
	 */
	readonly apis?: Readonly<Record<Apis, string>>;
	readonly catalogue?: Partial<Catalogue<Services & WithApis<NoInfer<Apis>>>>;
	readonly extras?: readonly Extra[];
};

/** What tools may need of `upstream`. */
type WithApis<Apis extends string> = { readonly upstream: Upstream<Apis> | undefined };

type WithServices<Classes extends StateClasses, Services> = {
	/** What tools, resources and prompts get in their context, made for each request. */
	readonly services: (request: ServiceRequest<Classes>) => Services;
};

export type Server = {
	readonly info: ServerInfo;
	/** Those of the extras among them. */
	readonly permissions: Permissions;
	/** Without those of the extras. */
	readonly scopes: Scopes;
	readonly state: StateClasses;
	services(request: ServiceRequest<StateClasses>): object;
	readonly apis: Readonly<Record<string, string>>;
	readonly catalogue: Catalogue;
	readonly extras: readonly Extra[];
};

/** Names that `upstream` has already. */
const OF_PROVIDER = ["name", "title", "userPath", "fetch"];

const DEFAULT_SCOPES: Scopes = { tools: { sentence: "Use this server’s tools" } };

/**
 * @example
 * export const server = defineServer({
 *   info: { name: "greeter", title: "Greeter", version: "1.0.0" },
 *   services: ({ env }) => ({ ai: env.AI }),
 *   catalogue: { tools: [greet] },
 * });
 * @throws Error with a sentence for each name that is used and not defined, or defined twice
 */
export function defineServer<Classes extends StateClasses = Record<never, never>, Apis extends string = never>(
	definition: Definition<Classes, object, Apis> & { readonly services?: never },
): Server;
// While the compiler finds out what `services` makes, every item of the catalogue has to fit: hence `never`.
export function defineServer<
	Classes extends StateClasses = Record<never, never>,
	Services extends object = never,
	Apis extends string = never,
>(definition: Definition<Classes, NoInfer<Services>, Apis> & WithServices<Classes, Services>): Server;
export function defineServer<Classes extends StateClasses, Services extends object>(
	definition: Definition<Classes, Services, string> & Partial<WithServices<Classes, Services>>,
): Server {
	const { info, scopes = DEFAULT_SCOPES, catalogue = {}, extras = [], apis = {}, services } = definition;
	const permissions = Object.assign({}, definition.permissions, ...extras.map((extra) => extra.permissions));
	const server: Server = {
		info,
		permissions,
		scopes,
		state: definition.state ?? {},
		// The classes of the state are those that the definition was typed with.
		services: (request) => services?.(request as unknown as ServiceRequest<Classes>) ?? {},
		apis,
		catalogue: { tools: [], resources: [], prompts: [], ...catalogue },
		extras,
	};
	const problems = problemsOf(server);
	if (problems.length > 0) throw new Error(`src/server.ts: ${problems.join(" ")}`);
	return server;
}

function problemsOf({ catalogue, scopes, permissions, apis }: Server): string[] {
	const problems: string[] = [];
	for (const [name, url] of Object.entries(apis)) {
		const isSafe = URL.canParse(url) && (new URL(url).protocol === "https:" || isLoopbackUrl(url));
		if (!isSafe) problems.push(`The API ${name} needs an https address.`);
		if (OF_PROVIDER.includes(name)) problems.push(`An API cannot be called ${name}.`);
	}
	for (const [scope, { permission }] of Object.entries(scopes)) {
		if (permission !== undefined && !Object.hasOwn(permissions, permission)) {
			problems.push(`The scope ${scope} names the permission ${permission}, which is not in permissions.`);
		}
	}
	for (const items of [catalogue.tools, catalogue.resources, catalogue.prompts]) {
		const names = new Set<string>();
		for (const { name, scope, requires } of items) {
			if (names.has(name)) problems.push(`There are two by the name ${name}.`);
			names.add(name);
			if (!Object.hasOwn(scopes, scope)) problems.push(`${name} has the scope ${scope}, which is not in scopes.`);
			if (requires !== undefined && !Object.hasOwn(permissions, requires)) {
				problems.push(`${name} requires ${requires}, which is not in permissions.`);
			}
		}
	}
	return problems;
}
