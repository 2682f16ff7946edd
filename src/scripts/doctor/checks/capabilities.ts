import { type Finding, fault, ok } from "../check.ts";
import { brief, resultOf } from "../messages.ts";
import type { Answer } from "../target.ts";

const LISTS: Readonly<Record<string, string>> = {
	tools: "tools/list",
	resources: "resources/list",
	prompts: "prompts/list",
};

/** Checks the lists that a server says it has. */
export async function* lists(
	capabilities: object,
	source: string,
	ask: (method: string) => Promise<Answer>,
): AsyncIterable<Finding> {
	const wrong: string[] = [];
	const right: string[] = [];
	for (const [name, method] of Object.entries(LISTS)) {
		if (!(name in capabilities)) continue;
		const answer = await ask(method);
		if (Array.isArray(resultOf(answer)?.[name])) right.push(method);
		else wrong.push(`${method} answered ${brief(answer)}`);
	}
	if (wrong.length > 0)
		yield fault(
			`The server says that it has ${Object.keys(capabilities).join(", ")}, but ${wrong.join("; ")}.`,
			"Answer the lists of the capabilities that are named, or do not name them.",
			source,
		);
	else
		yield ok(right.length > 0 ? `${right.join(", ")} answered.` : "The server names no tools, resources or prompts.");
}
