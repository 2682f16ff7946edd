import { defineSkill } from "../../../src/mcp/define/skill.ts";

export const skills = [
	defineSkill({
		name: "conformance-skill",
		title: "Conformance skill",
		description: "How to use the tools of the suite.",
		scope: "tools",
		instructions: "# Conformance skill\n\nCall them all.",
		files: { "references/tools.md": "All of them." },
	}),
];
