/**
 * The bridge: runs a stdio MCP server for each session, and connects it to the Worker with a pipe:
 * `node main.ts --port 8080 -- npx -y @modelcontextprotocol/server-everything`
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocketServer } from "ws";
import { CLOSE, OPENING_HEADER, PIPE_PATH, WINDOW_BYTES } from "./contract.ts";
import { ignoreClosedOutput, log, messageOf } from "./log.ts";
import { readOpening } from "./opening.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { Pipes, type Refusal } from "./pipes.ts";
import { killGroups, startWatchdog } from "./process-group.ts";

/** How long the parent process may take to send the secret. */
const SECRET_MILLISECONDS = 10_000;
const PARENT_CHECK_MILLISECONDS = 500;
/** How long the children may take to end before they are killed. */
const STOP_MILLISECONDS = 2_000;
/** How long the Worker may take to answer the close of a pipe. */
const CLOSE_MILLISECONDS = 500;
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]", "::1"];

ignoreClosedOutput();
try {
	run(readOptions(process.argv.slice(2), process.env), await readSecret());
} catch (error) {
	console.error(`${messageOf(error)}\n\n${USAGE}`);
	process.exit(2);
}

/** The secret comes from the parent process, or in a container from the environment. Children do not get it. */
async function readSecret(): Promise<Buffer> {
	if (!process.channel) {
		const secret = process.env.STDIO_PIPE_SECRET;
		if (!secret) throw new Error("No secret was given: set STDIO_PIPE_SECRET");
		delete process.env.STDIO_PIPE_SECRET;
		return digest(secret);
	}
	const leave = () => process.exit(0);
	process.once("disconnect", leave);
	const tooLate = setTimeout(() => {
		console.error("No secret was sent in time.");
		process.exit(2);
	}, SECRET_MILLISECONDS);
	const [message] = await once(process, "message");
	clearTimeout(tooLate);
	process.off("disconnect", leave);
	const { secret } = Object(message);
	if (typeof secret !== "string" || secret === "") throw new Error("The first message has no secret");
	return digest(secret);
}

function digest(text: string): Buffer {
	return createHash("sha256").update(text).digest();
}

function run({ host, port, command, limits }: Options, secret: Buffer): void {
	startWatchdog();
	const pipes = new Pipes(command, limits);
	const isAllowedHost = hostPolicy(host);
	let isStopping = false;
	const sockets = new WebSocketServer({ noServer: true, maxPayload: WINDOW_BYTES, perMessageDeflate: false });
	const server = createServer((request, response) => {
		const isHealth = request.url === "/health" && isAllowedHost(request.headers.host);
		response.writeHead(isHealth ? 200 : 404).end(isHealth ? "ok\n" : "");
	});

	server.on("upgrade", (request, socket, head) => {
		const opening = readOpening(request.headers[OPENING_HEADER.toLowerCase()]);
		if (isStopping) return socket.destroy();
		const refusal = refuse(request) ?? (opening ? pipes.refuse(opening) : BAD_OPENING);
		if (refusal || !opening) return answer(socket, refusal ?? BAD_OPENING);
		sockets.handleUpgrade(request, socket, head, (pipe) => {
			// The close event follows, with a code that shows the error.
			pipe.on("error", () => {});
			pipes.open(opening, pipe);
		});
	});

	function refuse({ headers, url }: IncomingMessage): Refusal | undefined {
		if (!isAllowedHost(headers.host)) return { status: 403, error: "This host is not served here." };
		const given = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
		if (!timingSafeEqual(digest(given), secret)) return { status: 401, error: "The secret of the pipe is wrong." };
		return url === PIPE_PATH ? undefined : { status: 404, error: "There is no such pipe." };
	}

	server.on("error", (error) => {
		log("bridge_error", { message: error.message });
		process.exit(1);
	});
	// An error of one child must not end the others.
	process.on("unhandledRejection", (error) => log("bridge_error", { message: messageOf(error) }));
	// Stop in an orderly way, so that no child is left behind.
	process.on("uncaughtException", (error) => {
		log("bridge_error", { message: messageOf(error) });
		void stop();
	});
	server.listen(port, host, () => {
		const address = server.address();
		const actualPort = typeof address === "object" && address ? address.port : port;
		// Do not print the arguments, which may hold a secret.
		console.log(`Bridge: http://${host}:${actualPort} runs ${command.file}`);
	});

	async function stop(): Promise<void> {
		if (isStopping) return;
		isStopping = true;
		server.close();
		await Promise.race([pipes.close(), delay(STOP_MILLISECONDS)]);
		await killGroups();
		const closed = [...sockets.clients].map((socket) => once(socket, "close"));
		for (const socket of sockets.clients) socket.close(CLOSE.childEnded, "The program that ran the MCP server ended.");
		await Promise.race([Promise.all(closed), delay(CLOSE_MILLISECONDS)]);
		process.exit(0);
	}
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
	// The parent process may end without a signal to this one.
	process.on("disconnect", stop);
	const parent = process.ppid;
	setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MILLISECONDS).unref();
}

const BAD_OPENING: Refusal = { status: 400, error: "The pipe's opening cannot be read." };

function answer(socket: Duplex, { status, error, retryAfter }: Refusal): void {
	const body = JSON.stringify({ error });
	const headers = [
		`HTTP/1.1 ${status} Refused`,
		"Content-Type: application/json",
		`Content-Length: ${Buffer.byteLength(body)}`,
		"Connection: close",
		...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
	];
	socket.on("error", () => {});
	socket.end(`${headers.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

/** On a loopback host, only loopback names are allowed, to keep out web pages that use DNS rebinding. */
function hostPolicy(host: string): (header: string | undefined) => boolean {
	if (!LOOPBACK.includes(host)) return () => true;
	return (header = "") => LOOPBACK.includes(header.replace(/:\d+$/, "").toLowerCase());
}
