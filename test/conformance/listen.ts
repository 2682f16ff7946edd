/** HTTP servers of the tests, on a free port of this computer. */
import { once } from "node:events";
import type { Server } from "node:http";

export type Listening = { readonly port: number; close(): Promise<void> };

export async function listen(server: Server): Promise<Listening> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("No port was given");
	return {
		port: address.port,
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}
