/** Caches JSON Schemas: a conversion costs more than most calls, and each stateless request registers all tools. */
import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import type { z } from "zod";

const known = new WeakMap<z.ZodObject, StandardSchemaWithJSON<Record<string, unknown>>>();

/** The schema in the form that the SDK accepts, with a JSON Schema that is made once. */
export function convertedOnce(schema: z.ZodObject): StandardSchemaWithJSON<Record<string, unknown>> {
	const before = known.get(schema);
	if (before) return before;
	const { jsonSchema, ...standard } = schema["~standard"];
	let input: Record<string, unknown> | undefined;
	let output: Record<string, unknown> | undefined;
	const converted = {
		"~standard": {
			...standard,
			jsonSchema: {
				input: (options: Parameters<typeof jsonSchema.input>[0]) => (input ??= jsonSchema.input(options)),
				output: (options: Parameters<typeof jsonSchema.output>[0]) => (output ??= jsonSchema.output(options)),
			},
		},
	};
	known.set(schema, converted);
	return converted;
}
