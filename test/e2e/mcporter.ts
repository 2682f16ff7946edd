/** `mcporter`, a command line for MCP servers with its own configuration, sign-in and token store. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Answers } from "../support/person.ts";
import { type Run, readAuthorizationUrl, runNpmProgram } from "./command.ts";
import { signInAndReturn } from "./sign-in.ts";
import type { TemporaryHome } from "./temporary-home.ts";

const SERVER = "tools";

export type Mcporter = {
	/** `mcporter auth <server>`, and what a user does in the browser. */
	signIn(answers?: Answers): Promise<void>;
	/** The names in `mcporter list <server>`. */
	listToolNames(): Promise<string[]>;
	/** `mcporter call <server>.<tool> <flags>`: the text of its answer; rejected if it is an error. */
	call(tool: string, args: Record<string, unknown>, ...flags: string[]): Promise<string>;
};

/** Makes runs of `npx mcporter …` with one server in their configuration. */
export async function makeMcporter(home: TemporaryHome, url: string): Promise<Mcporter> {
	const configuration = join(home.path, "mcporter.json");
	const servers = { mcpServers: { [SERVER]: { baseUrl: url, auth: "oauth" } }, imports: [] };
	await writeFile(configuration, JSON.stringify(servers));
	const run = (...args: string[]): Run => runNpmProgram("mcporter", ["--config", configuration, ...args], home.env);
	return {
		async signIn(answers) {
			const { result, printed } = run("auth", SERVER, "--no-browser");
			await Promise.all([result, readAuthorizationUrl(printed).then((page) => signInAndReturn(page, answers))]);
		},
		async listToolNames() {
			const { tools } = JSON.parse(await run("list", SERVER, "--json").result) as { tools: { name: string }[] };
			return tools.map(({ name }) => name);
		},
		async call(tool, args, ...flags) {
			const command = ["call", `${SERVER}.${tool}`, "--args", JSON.stringify(args), "--no-oauth", ...flags];
			return (await run(...command, "--output", "text").result).trim();
		},
	};
}
