import { z } from "zod";
import { UserError } from "../errors.ts";
import { defineTool } from "../mcp/define/tool.ts";
import { lineIcon } from "../pages/line-icon.ts";

export const add = defineTool({
	name: "add",
	title: "Add two numbers",
	summary: "Adds two numbers.",
	icon: lineIcon('<path d="M12 5v14M5 12h14"/>'),
	description: "Adds two numbers, a and b, and answers with their sum.",
	scope: "tools",
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	input: z.object({
		a: z.number().meta({ title: "First number", description: "Whole, or with decimals" }),
		b: z.number().meta({ title: "Second number", description: "Whole, or with decimals" }),
	}),
	output: z.object({ sum: z.number().describe("a + b") }),
	example: { a: 2, b: 3 },
	async run({ a, b }) {
		const sum = a + b;
		if (!Number.isFinite(sum)) throw new UserError("The sum is too large for a number. Use smaller numbers.");
		return { content: [{ type: "text", text: String(sum) }], structured: { sum } };
	},
});
