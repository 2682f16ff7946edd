/** Resources: their lists and their contents. */
import { expect } from "vitest";
import { breakItems, repairItems } from "../../support/fixture/control.ts";
import { type Row, withoutScope } from "../../support/rows/row.ts";
import { answer, error } from "../../support/wire.ts";

const read = (uri: unknown): Pick<Row, "method" | "params"> => ({ method: "resources/read", params: { uri } });
// Every era has this code: the SDK also answers the older ones with it, in place of -32002. `data` tells what it means.
const notFound = (uri: string) => error(-32602, `Resource not found: ${uri}`, { uri });
const BROKEN = error(
	-32603,
	"item failed unexpectedly. Contact the server's administrator and mention request ID <id>.",
);
const mimeType = "text/plain";
const iconOf = (name: string) => [
	{
		src: expect.stringMatching(new RegExp(`^https?://[^/]+/icons/resources/${name}\\.svg$`)),
		mimeType: "image/svg+xml",
		sizes: ["any"],
	},
];
const LEAFLET = {
	uri: "leaflet://front",
	name: "leaflet",
	title: "Leaflet",
	description: "A text that is the same for everyone.",
	mimeType,
	icons: iconOf("leaflet"),
};

export const RESOURCE_ROWS: Row[] = [
	{
		what: "to those who may",
		method: "resources/templates/list",
		expected: answer({
			resourceTemplates: [
				{
					uriTemplate: "items://{id}",
					name: "item",
					title: "Item",
					description: "One of the numbered texts that every user has.",
					mimeType,
					icons: iconOf("item"),
				},
			],
		}),
	},
	{
		what: "to those who may not",
		method: "resources/templates/list",
		lacks: "notes",
		expected: answer({ resourceTemplates: [] }),
	},
	{
		what: "to those who may",
		method: "resources/list",
		expected: answer({
			resources: [
				LEAFLET,
				{ uri: "items://1", name: "item-1", title: "one", mimeType, icons: iconOf("item") },
				{ uri: "items://2", name: "item-2", title: "two", mimeType, icons: iconOf("item") },
				{ uri: "items://12", name: "item-12", title: "twelve", mimeType, icons: iconOf("item") },
				{
					uri: "skill://recite-well/SKILL.md",
					name: "recite-well",
					title: "Recite well",
					description: 'How to recite: "slowly", and with pauses.',
					mimeType: "text/markdown",
				},
			],
		}),
	},
	{
		what: "to those who may not see all",
		method: "resources/list",
		lacks: "notes",
		expected: answer({ resources: [LEAFLET] }),
	},
	{
		what: "of a store that fails",
		method: "resources/list",
		prepare: breakItems,
		restore: repairItems,
		expected: BROKEN,
	},
	{
		what: "one with an address of its own",
		...read("leaflet://front"),
		expected: answer({ contents: [{ uri: "leaflet://front", mimeType, text: "Welcome." }] }),
	},
	withoutScope("tools", "leaflet", read("leaflet://front"), (sentence) => error(-32600, sentence)),
	{
		what: "one of a template",
		...read("items://12"),
		expected: answer({ contents: [{ uri: "items://12", mimeType, text: "twelve" }] }),
	},
	{ what: "one that a template does not have", ...read("items://3"), expected: notFound("items://3") },
	{
		what: "one by a name that every object has",
		...read("items://constructor"),
		expected: notFound("items://constructor"),
	},
	{ what: "a URI of no resource", ...read("fly://1"), expected: notFound("fly://1") },
	{
		what: "no URI at all",
		...read("1"),
		expected: error(-32602, "Resource URI 1 is invalid", { uri: "1", reason: "invalid_uri" }),
	},
	{
		what: "a URI of another type",
		...read(7),
		expected: error(-32602, "Invalid params: uri: expected string, received number"),
	},
	withoutScope("notes", "item", read("items://1"), (sentence) => error(-32600, sentence)),
	{
		what: "from a store that fails",
		...read("items://1"),
		prepare: breakItems,
		restore: repairItems,
		expected: BROKEN,
	},
];
