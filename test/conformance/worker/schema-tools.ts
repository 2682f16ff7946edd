/** Tools whose input schemas say more than which type an argument has. */
import { z } from "zod";
import { defineTool } from "../../../src/mcp/define/tool.ts";
import { COMMON, text } from "./common.ts";
import contactConditions from "./contact-conditions.json";

/** An entry of the schema's `$defs`. */
const address = z
	.object({ street: z.string().optional(), city: z.string().optional() })
	.meta({ id: "address", $anchor: "addressDef" });

const jsonSchema = defineTool({
	...COMMON,
	name: "json_schema_2020_12_tool",
	title: "JSON Schema 2020-12",
	description: "Tool with JSON Schema 2020-12 features",
	input: z
		.strictObject({
			name: z.string().optional(),
			address: address.optional(),
			contactMethod: z.enum(["phone", "email"]).optional(),
			phone: z.string().optional(),
			email: z.string().optional(),
		})
		.meta(contactConditions),
	async run(args) {
		return { content: [text(JSON.stringify(args))] };
	},
});

/** The suite looks for any tool with a parameter that a client repeats in a header. */
const headerParameter = defineTool({
	...COMMON,
	name: "test_header_parameter",
	title: "Parameter in a header",
	description: "Takes a parameter that is also in the header Mcp-Param-Region.",
	input: z.object({ region: z.string().meta({ "x-mcp-header": "Region" }) }),
	async run({ region }) {
		return { content: [text(`Region: ${region}`)] };
	},
});

export const schemaTools = [jsonSchema, headerParameter];
