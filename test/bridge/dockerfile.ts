/** A Dockerfile as a list of instructions, for machines that have no Docker to build it. */

export type Instruction = { readonly name: string; readonly value: string };

export function parseDockerfile(text: string): Instruction[] {
	return text
		.split("\n")
		.filter((line) => !/^\s*(#|$)/.test(line))
		.join("\n")
		.replaceAll(/\\\n\s*/g, "")
		.split("\n")
		.map((line) => {
			const [, name, value] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
			if (name === undefined || value === undefined) throw new Error(`No instruction: ${line}`);
			return { name: name.toUpperCase(), value };
		});
}

/** @returns the images that it builds on or copies from */
export function imagesOf(instructions: readonly Instruction[]): string[] {
	return instructions.flatMap(({ name, value }) => {
		if (name === "FROM") return value.split(" ")[0] ?? [];
		return /--from=(\S+)/.exec(value)?.[1] ?? [];
	});
}
