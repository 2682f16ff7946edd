/** The definition of a skill: how to use tools of this server well, in Markdown, for models. */
import type { Gated } from "../gate.ts";
import type { Resource } from "./resource.ts";

export type Skill = Gated & {
	/** Unique, kebab-case, and the name of the skill's file: up to 64 letters, digits and `-`. */
	readonly name: string;
	readonly title: string;
	/** A square SVG for clients and the home page. It is served at `/icons/resources/<name>.svg`. */
	readonly icon?: string;
	/** What the skill does, and when a model should read it. At most 1,024 characters. */
	readonly description: string;
	/** Markdown. */
	readonly instructions: string;
	/**
	 * More text that the instructions refer to, by path: `references/styles.md`. Paths have letters, digits, `-`, `_`, `.`
	 * and `/`.
	 */
	readonly files?: Readonly<Record<string, string>>;
};

/**
 * @example
 * export const drawPlans = defineSkill({
 *   name: "draw-plans",
 *   title: "Draw plans",
 *   description: "How to draw a floor plan with draw. Use it when the user describes rooms.",
 *   scope: "tools",
 *   instructions: "# Draw plans\n\n1. Ask for the sizes of the rooms. …",
 * });
 */
export function defineSkill(skill: Skill): Skill {
	return skill;
}

/** The file `SKILL.md` of a skill (Agent Skills specification): its name and description, and the instructions. */
function manifestOf({ name, description, instructions }: Skill): string {
	return `---\nname: ${name}\ndescription: ${JSON.stringify(description)}\n---\n\n${instructions.trim()}\n`;
}

/** The folder of a skill. */
export function folderOf({ name }: Skill): string {
	return `skill://${name}`;
}

/** All files of a skill, by path. */
export function filesOf(skill: Skill): Readonly<Record<string, string>> {
	return { ...skill.files, "SKILL.md": manifestOf(skill) };
}

/** The resource that holds the `SKILL.md` of a skill. It is gated, listed and read like all others. */
export function resourceOf(skill: Skill): Resource {
	const { instructions: _, files: __, ...described } = skill;
	return {
		...described,
		mimeType: "text/markdown",
		uri: `${folderOf(skill)}/SKILL.md`,
		read: async () => ({ text: manifestOf(skill) }),
	};
}
