/** The name of the file that holds a tool, a resource or a prompt: its own name in kebab-case. */
export function fileNameOf(name: string): string {
	return name
		.replace(/([a-z\d])([A-Z])/g, "$1-$2")
		.replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
		.replace(/[_.]/g, "-")
		.toLowerCase();
}
