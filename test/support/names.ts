/** Names that tests use: a test that misspells one asks for nothing, and a refusal of nothing proves nothing. */
import { server } from "#under-test";
import type { Catalogue } from "../../src/mcp/definition.ts";

/** MCP 2025-11-25, tools, tool names. What does not fit is no misspelling. */
export const NAME = /^[\w.-]{1,128}$/;

/** How the name of something begins that does not exist, on purpose. Names that every JavaScript object knows mean the same. */
const UNKNOWN = "fly";
const INHERITED = Object.getOwnPropertyNames(Object.prototype);
/** Schemes of URIs that are meant to be nobody's. */
const FOREIGN_SCHEMES = [UNKNOWN, "file"];

/**
 * Checks that a message, or each of a batch of them, asks for what there is.
 *
 * @throws Error that says which name does not exist
 */
export function checkNames(message: unknown, catalogue: Catalogue = server.catalogue): void {
	for (const one of [message].flat()) {
		const { method, params }: { method?: unknown; params?: { name?: unknown; uri?: unknown } } = Object(one);
		if (method === "tools/call") check("tool", params?.name, catalogue.tools);
		if (method === "prompts/get") check("prompt", params?.name, catalogue.prompts);
		if (method === "resources/read" || method === "resources/subscribe") checkUri(params?.uri, catalogue);
	}
}

function check(kind: string, name: unknown, items: readonly { name: string }[]): void {
	if (typeof name !== "string" || !NAME.test(name) || name.startsWith(UNKNOWN) || INHERITED.includes(name)) return;
	if (items.some((item) => item.name === name)) return;
	throw new Error(`There is no ${kind} ${name}. If the test means that, it calls it ${UNKNOWN}.`);
}

function checkUri(uri: unknown, { resources }: Catalogue): void {
	if (typeof uri !== "string") return;
	// What comes after the scheme may be wrong on purpose.
	const [scheme] = /^[a-z]+:/.exec(uri) ?? [];
	if (scheme === undefined || FOREIGN_SCHEMES.includes(scheme.slice(0, -1))) return;
	if (resources.some((resource) => resource.uri.startsWith(scheme))) return;
	throw new Error(`There is no resource ${uri}. If the test means that, it calls it ${UNKNOWN}:…`);
}
