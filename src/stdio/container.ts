/** One user's container: the bridge of `image/` with the stdio MCP server behind it. */
import { Container } from "@cloudflare/containers";

/** Where the bridge listens, as the Dockerfile says. */
const BRIDGE_PORT = 8080;
/** What the bridge hands on to the server, without the prefix: its keys, and whatever else it wants to know. */
const FOR_SERVER = "STDIO_ENV_";

export class StdioContainer extends Container<Env> {
	override defaultPort = BRIDGE_PORT;
	override sleepAfter = this.env.STDIO_SLEEP_AFTER || "10m";
	override pingEndpoint = "bridge/health";
	override envVars = { ...forServer(this.env), STDIO_COMMAND: this.env.STDIO_COMMAND };
}

function forServer(env: object): Record<string, string> {
	const settings = Object.entries(env).filter(
		([name, value]) => name.startsWith(FOR_SERVER) && typeof value === "string",
	);
	return Object.fromEntries(settings);
}
