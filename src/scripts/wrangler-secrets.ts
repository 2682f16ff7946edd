/** The secrets of the deployed Worker. Wrangler returns their names only, and takes values on its standard input. */
import { spawn } from "node:child_process";
import { z } from "zod";
import { ROOT, WRANGLER } from "./paths.ts";

const listSchema = z.array(z.object({ name: z.string() }));
/** What Wrangler says if the Worker has never been deployed. */
const NO_WORKER = /Worker ".*not found/;

/**
 * @param flags those that choose the Worker: `--env`, `--name`, `--config`
 * @returns the names; none if there is no such Worker yet
 * @throws Error with what Wrangler says, for example that it is not logged in
 */
export async function listSecrets(flags: readonly string[]): Promise<readonly string[]> {
	const { status, stdout, stderr } = await wrangler(["secret", "list", "--format", "json", ...flags]);
	if (status === 0) return listSchema.parse(JSON.parse(stdout.slice(stdout.indexOf("[")))).map(({ name }) => name);
	if (NO_WORKER.test(stdout + stderr)) return [];
	throw new Error(`The settings of the deployed server could not be listed:\n${stdout}${stderr}`.trimEnd());
}

/** @param values by name; an empty one deletes the secret @throws Error with what Wrangler says if it does not store them */
export async function putSecrets(values: ReadonlyMap<string, string>, flags: readonly string[]): Promise<void> {
	const text = JSON.stringify(
		Object.fromEntries([...values].map(([name, value]) => [name, value === "" ? null : value])),
	);
	const { status, stdout, stderr } = await wrangler(["secret", "bulk", ...flags], text);
	if (status !== 0) throw new Error(`The settings could not be stored:\n${stdout}${stderr}`.trimEnd());
}

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

async function wrangler(args: readonly string[], input = ""): Promise<Ended> {
	const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
	const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, env, stdio: "pipe" });
	child.stdin.on("error", () => {}).end(input);
	const read = (stream: typeof child.stdout) => stream.toArray().then((chunks) => Buffer.concat(chunks).toString());
	const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
	const [stdout, stderr, status] = await Promise.all([read(child.stdout), read(child.stderr), ended]);
	return { status, stdout, stderr };
}
