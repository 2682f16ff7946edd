/**
 * Runs a stdio MCP server for each client, and speaks HTTP to the Worker, which has checked who is calling:
 * `node bridge.ts --port 8080 -- npx -y @modelcontextprotocol/server-everything`
 */
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createApp } from "./app.ts";
import { ignoreClosedOutput, log, messageOf } from "./log.ts";
import { type BridgeOptions, readOptions, USAGE } from "./options.ts";
import { killGroups } from "./process-group.ts";
import { Sessions } from "./sessions.ts";

/** Longer than whoever is in front keeps a connection: it must not send on one that is being closed. */
const KEEP_ALIVE_MILLISECONDS = 120_000;
const PARENT_CHECK_MILLISECONDS = 500;
/** How long the children may take to end; after that they are killed. */
const STOP_MILLISECONDS = 2_000;
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]", "::1"];

ignoreClosedOutput();
try {
	run(readOptions(process.argv.slice(2), process.env));
} catch (error) {
	console.error(`${messageOf(error)}\n\n${USAGE}`);
	process.exitCode = 2;
}

function run({ host, port, command, limits }: BridgeOptions): void {
	const sessions = new Sessions(command, limits);
	const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS }, createApp(sessions, hostPolicy(host)));
	server.on("error", (error) => {
		log("bridge_error", { message: error.message });
		process.exit(1);
	});
	// What goes wrong in one session must not end the others.
	process.on("unhandledRejection", (error) => log("bridge_error", { message: messageOf(error) }));
	server.listen(port, host, () => {
		const address = server.address();
		const actualPort = typeof address === "object" && address ? address.port : port;
		// Not the arguments: there may be a secret among them.
		console.log(`Bridge: http://${host}:${actualPort} runs ${command.file}`);
	});

	// So that no child is left behind.
	process.on("uncaughtException", (error) => {
		log("bridge_error", { message: messageOf(error) });
		void stop();
	});

	let isStopping = false;
	async function stop(): Promise<void> {
		if (isStopping) return;
		isStopping = true;
		server.close();
		await Promise.race([sessions.close(), delay(STOP_MILLISECONDS)]);
		await killGroups();
		server.closeAllConnections();
		process.exit(0);
	}
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
	// What started this may end without a signal to it.
	const parent = process.ppid;
	setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MILLISECONDS).unref();
}

/** On this computer only, a web page must not get here under a host name of its own (DNS rebinding). */
function hostPolicy(host: string): (header: string) => boolean {
	if (!LOOPBACK.includes(host)) return () => true;
	return (header) => LOOPBACK.includes(header.replace(/:\d+$/, "").toLowerCase());
}
