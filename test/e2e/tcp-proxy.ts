/** A wire between clients and a server that can be listened to, and cut. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export type RequestHead = { readonly method: string; readonly path: string; readonly headers: Headers };

export type TcpProxy = {
	/** The server by way of this proxy; its OAuth metadata says so, too. */
	readonly origin: string;
	/** Every request that came through. */
	requests(): RequestHead[];
	/** Breaks all connections, and refuses new ones until it is mended. */
	cut(): void;
	mend(): void;
	close(): Promise<void>;
};

/** Listens on a free port, and passes every byte on, both ways. A side that goes away takes the other along. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
	const { hostname, port } = new URL(target);
	const sockets = new Set<Socket>();
	/** What each connection's client sent. */
	const sent: Buffer[][] = [];
	let isCut = false;
	const server = createServer((client) => {
		if (isCut) {
			client.destroy();
			return;
		}
		const upstream = connect(Number(port), hostname);
		const bytes: Buffer[] = [];
		sent.push(bytes);
		client.on("data", (chunk) => bytes.push(chunk));
		for (const [from, to] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			sockets.add(from);
			from.pipe(to);
			from.on("error", () => {});
			from.on("close", () => {
				sockets.delete(from);
				to.destroy();
			});
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("No port was given");
	const breakAll = () => {
		for (const socket of sockets) socket.destroy();
	};
	return {
		origin: `http://127.0.0.1:${address.port}`,
		requests: () => sent.flatMap((bytes) => headsOf(Buffer.concat(bytes).toString("latin1"))),
		cut() {
			isCut = true;
			breakAll();
		},
		mend() {
			isCut = false;
		},
		async close() {
			server.close();
			breakAll();
			await once(server, "close");
		},
	};
}

/** The heads of the requests on one connection. Bodies are JSON or forms, in which no line break is written as one. */
function headsOf(text: string): RequestHead[] {
	const heads = text.matchAll(/([A-Z]+) (\/\S*) HTTP\/1\.1\r\n(.*?)\r\n\r\n/gs);
	return [...heads].map(([, method = "", path = "", lines = ""]) => {
		const pairs = lines.split("\r\n").map((line): [string, string] => {
			const colon = line.indexOf(":");
			return [line.slice(0, colon), line.slice(colon + 1).trim()];
		});
		return { method, path, headers: new Headers(pairs) };
	});
}
