/** `wrangler dev`, as `npm start` uses it: what its proxy and its KV take is in every call. */
import { devNull } from "node:os";
import { join } from "node:path";
import { freePort, startServer, stopServer } from "./process.ts";
import type { Runtime } from "./runtime.ts";

export const wranglerDev: Runtime = async ({ config, main, vars = {} }, folder) => {
	const port = await freePort();
	const origin = `http://localhost:${port}`;
	const flags = {
		config,
		port: String(port),
		ip: "127.0.0.1",
		"inspector-port": "0",
		"persist-to": folder,
		"log-level": "error",
		// Instead of a person's own settings.
		"env-file": devNull,
	};
	const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
	for (const [name, value] of Object.entries({ ...vars, ORIGIN: origin })) args.push("--var", `${name}:${value}`);
	const command = ["src/scripts/run.cjs", "wrangler", "dev", ...(main ? [main] : []), "--local", ...args];
	const child = await startServer(origin, process.execPath, command);
	return {
		origin,
		storage: join(folder, "v3/do"),
		pid: undefined,
		[Symbol.asyncDispose]: () => stopServer(child, "SIGTERM"),
	};
};
