/** Starts and ends the container's program for the objects of `container-worker`: one process for each of them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { waitFor } from "./processes.ts";
import { MAIN } from "./program.ts";

export type Started = {
	readonly name: string;
	readonly env: Readonly<Record<string, string>>;
	readonly process: ChildProcess;
};

export type ContainerHost = {
	readonly url: string;
	/** All that were started, the ended ones, too. */
	readonly started: readonly Started[];
	close(): Promise<void>;
};

export async function startContainerHost(): Promise<ContainerHost> {
	const started: Started[] = [];
	const newest = (name: string) => started.findLast((one) => one.name === name);
	const server = createServer(async (request, response) => {
		const [, name = "", what] = (request.url ?? "").split("/").map(decodeURIComponent);
		const body: Record<string, string> = JSON.parse((await text(request)) || "{}");
		if (what === "start") response.end(await start(name, body));
		if (what === "wait") {
			const child = newest(name)?.process;
			if (child && !hasEnded(child)) await once(child, "exit");
			response.end();
		}
		if (what === "signal") response.end(String(newest(name)?.process.kill(Number(body.signal))));
	});

	async function start(name: string, env: Readonly<Record<string, string>>): Promise<string> {
		const child = spawn(process.execPath, [MAIN, "--port", "0"], {
			env: { ...process.env, ...env },
		});
		started.push({ name, env, process: child });
		let output = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
		return waitFor("the program to listen", () => {
			if (hasEnded(child)) throw new Error(output);
			return /^Bridge: (http:\S+)/m.exec(output)?.[1];
		});
	}

	await once(server.listen(0, "127.0.0.1"), "listening");
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		started,
		async close() {
			for (const one of started) if (!hasEnded(one.process)) one.process.kill("SIGKILL");
			server.closeAllConnections();
			server.close();
		},
	};
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
	return exitCode !== null || signalCode !== null;
}
