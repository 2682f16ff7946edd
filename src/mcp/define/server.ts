/** Turns the definition in `src/server.ts` into a server, from which the engine makes the Worker and its objects. */
import type { Permissions } from "../../auth/permissions.ts";
import type { Scopes } from "../../auth/scopes.ts";
import { DEFAULT_THEME, type Theme } from "../../pages/theme.ts";
import type { ServiceRequest } from "../context.ts";
import type { Catalogue, Server, ServerInfo } from "../definition.ts";
import type { Gated } from "../gate.ts";
import type { StateClasses } from "../user-state.ts";
import type { Extra } from "./extra.ts";
import type { PageExtra } from "./page-extra.ts";
import type { SignIn } from "./sign-in.ts";
import { resourceOf as resourceOfSkill } from "./skill.ts";
import type { Tool } from "./tool.ts";
import type { Upstream } from "./upstream.ts";
import { resourceOf as resourceOfView } from "./view.ts";

/** The argument of `createWorker`. */
export type DefinedServer = Server & { readonly signIn: SignIn; readonly pages: readonly PageExtra[] };

type Definition<Classes extends StateClasses, Services, Apis extends string> = {
	readonly info: ServerInfo;
	/** The mark and the colours of the pages. */
	readonly theme?: Partial<Theme>;
	/** How users and programs sign in: `identityProviders()`, `apiKeys()` or `anyone()`. */
	readonly signIn: SignIn<Apis>;
	readonly permissions?: Permissions;
	/** If omitted, there is one scope, `tools`. */
	readonly scopes?: Scopes;
	/** The state of each user, in the user's object. A class gets the database and a function that announces changes. */
	readonly state?: Classes;
	readonly catalogue?: Partial<Catalogue<Services & WithApis<NoInfer<Apis>>>>;
	readonly extras?: readonly (Extra | PageExtra)[];
};

/** The part of the context that names the APIs of `upstream`. */
type WithApis<Apis extends string> = { readonly upstream: Upstream<Apis> | undefined };

type WithServices<Classes extends StateClasses, Services> = {
	/** Makes the services that tools, resources and prompts get in their context, for each request. */
	readonly services: (request: ServiceRequest<Classes>) => Services;
};

const DEFAULT_SCOPES: Scopes = { tools: { sentence: "Use this server’s tools" } };

/**
 * @example
 * export const server = defineServer({
 *   info: { name: "greeter", title: "Greeter", version: "1.0.0" },
 *   signIn: identityProviders(),
 *   services: ({ env }) => ({ ai: env.AI }),
 *   catalogue: { tools: [greet] },
 * });
 * @throws Error with a sentence for each name that is used but not defined, or defined twice
 */
export function defineServer<Classes extends StateClasses = Record<never, never>, Apis extends string = never>(
	definition: Definition<Classes, object, Apis> & { readonly services?: never },
): DefinedServer;
// While the compiler infers the services, every catalogue item has to fit. So the default is `never`.
export function defineServer<
	Classes extends StateClasses = Record<never, never>,
	Services extends object = never,
	Apis extends string = never,
>(definition: Definition<Classes, NoInfer<Services>, Apis> & WithServices<Classes, Services>): DefinedServer;
export function defineServer<Classes extends StateClasses, Services extends object>(
	definition: Definition<Classes, Services, string> & Partial<WithServices<Classes, Services>>,
): DefinedServer {
	const { info, signIn, scopes = DEFAULT_SCOPES, catalogue = {}, services } = definition;
	const { hasUsers } = signIn;
	const all = definition.extras ?? [];
	const extras = all.filter((extra) => "answerer" in extra).filter((extra) => hasUsers || !extra.needsUser);
	// Pages are for users who sign in with a browser.
	const pages = signIn.keeper ? all.filter((extra) => "route" in extra) : [];
	const isOffered = (item: Gated) => hasUsers || !item.needsUser;
	const { resources = [], prompts = [] } = catalogue;
	const tools = (catalogue.tools ?? []).filter(isOffered);
	const views = tools.flatMap((tool) => (tool.view ? [resourceOfView(tool.view, tool)] : []));
	const skills = (catalogue.skills ?? []).filter(isOffered);
	const permissions = Object.assign({}, definition.permissions, ...extras.map((extra) => extra.permissions));
	const server: DefinedServer = {
		info,
		theme: { ...DEFAULT_THEME, ...definition.theme },
		signIn,
		permissions,
		scopes,
		state: (hasUsers && definition.state) || {},
		// The state has the classes that the definition was typed with.
		services: (request) => services?.(request as unknown as ServiceRequest<Classes>) ?? {},
		upstreamOf: (principal, env) => signIn.upstreamOf?.(principal, server, env),
		catalogue: {
			tools,
			resources: [...resources.filter(isOffered), ...skills.map(resourceOfSkill), ...views],
			prompts: prompts.filter(isOffered),
			skills,
		},
		extras,
		pages,
	};
	const problems = [...problemsOf(server), ...server.catalogue.tools.flatMap((tool) => taskProblemsOf(tool, server))];
	if (problems.length > 0) throw new Error(`src/server.ts: ${problems.join(" ")}`);
	return server;
}

function taskProblemsOf({ name, long, asks, ...tool }: Tool, { signIn }: Server): string[] {
	const words = (["restartable", "onlyAsTask", "asksFirst"] as const).filter((word) => tool[word]);
	const problems = long ? [] : words.map((word) => `${name} says ${word}, and does not say long.`);
	if (tool.asksFirst && !asks) problems.push(`${name} says asksFirst, and does not say asks.`);
	if (tool.onlyAsTask && !signIn.hasUsers)
		problems.push(`${name} says onlyAsTask, but there are no tasks without users.`);
	return problems;
}

/** The limit of the MCP registry. */
const MAX_SUMMARY_LENGTH = 100;

/** Agent Skills specification, `name`. */
const SKILL_NAME = /^(?=.{1,64}$)[a-z\d]+(-[a-z\d]+)*$/;

function problemsOf({ info, catalogue, scopes, permissions }: Server): string[] {
	const problems: string[] = [];
	if ((info.summary ?? "").length > MAX_SUMMARY_LENGTH) {
		problems.push(`The summary is longer than ${MAX_SUMMARY_LENGTH} characters.`);
	}
	for (const [scope, { permission }] of Object.entries(scopes)) {
		if (permission !== undefined && !Object.hasOwn(permissions, permission)) {
			problems.push(`The scope ${scope} names the permission ${permission}, which is not in permissions.`);
		}
	}
	for (const { name } of catalogue.skills) {
		if (!SKILL_NAME.test(name))
			problems.push(`${name} is no name of a skill: lowercase letters, digits and single "-".`);
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
