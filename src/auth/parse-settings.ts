/** Kinds of settings, and the functions that parse a group of settings. */
import { z } from "zod";

export const text = z.string("takes text").trim().default("");

/** A whole number. @param defaultNumber the value if the setting is not set */
export const number = (
	defaultNumber: number,
	{ unit, min = 1, max }: { readonly unit: "seconds" | "days"; readonly min?: number; readonly max: number },
) =>
	text
		.refine(
			(word) => word === "" || (/^\d{1,9}$/.test(word) && Number(word) >= min && Number(word) <= max),
			`takes whole ${unit} from ${min} to ${max}`,
		)
		.transform((word) => (word === "" ? defaultNumber : Number(word)));

/** @param defaultSeconds the value if the setting is not set */
export const seconds = (defaultSeconds: number, max: number) => number(defaultSeconds, { unit: "seconds", max });

/** Splits the settings into the valid ones and, by name, a sentence for each invalid one. */
export function parseSettings<Schema extends z.ZodObject>(
	schema: Schema,
	env: object,
): { settings: z.output<Schema>; wrong: Map<string, string> } {
	const parsed = schema.safeParse(env);
	if (parsed.success) return { settings: parsed.data, wrong: new Map() };
	const wrong = new Map(
		parsed.error.issues.map(({ path: [name], message }) => [String(name), `${String(name)} ${message}.`]),
	);
	const rest = Object.entries(env).filter(([name]) => !wrong.has(name));
	return { settings: schema.parse(Object.fromEntries(rest)), wrong };
}

/** The valid entries of a comma-separated list, and a warning for each invalid one. */
export function readList<T>(
	name: string,
	list: string,
	entrySchema: z.ZodType<T>,
): { readonly entries: T[]; readonly warnings: string[] } {
	const entries: T[] = [];
	const warnings: string[] = [];
	for (const [index, item] of list.split(",").entries()) {
		if (item.trim() === "") continue;
		const { data, error } = entrySchema.safeParse(item.trim());
		if (error) warnings.push(`${name}: entry ${index + 1} is ignored, because it ${error.issues[0]?.message}.`);
		else entries.push(data);
	}
	return { entries, warnings };
}
