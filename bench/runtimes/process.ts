/** A server in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const children = new Set<ChildProcess>();
process.on("exit", () => {
	for (const child of children) child.kill();
});

export async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, "close");
	return port;
}

/** Starts a server with sign-in, and waits until it answers. */
export async function startServer(origin: string, command: string, args: string[]): Promise<ChildProcess> {
	const env = { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" };
	const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], env });
	children.add(child);
	let errors = "";
	child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
		errors += chunk;
	});
	while (!(await fetch(`${origin}/.well-known/oauth-authorization-server`).catch(() => undefined))) {
		if (hasEnded(child)) throw new Error(`${command} did not start: ${errors}`);
		await delay(100);
	}
	return child;
}

export async function stopServer(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
	if (hasEnded(child)) return;
	const exit = once(child, "exit");
	child.kill(signal);
	await exit;
	children.delete(child);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
	return exitCode !== null || signalCode !== null;
}
