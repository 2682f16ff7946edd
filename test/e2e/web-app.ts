/** A web app on this computer, at another origin than the server's. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createViteServer } from "vitest/node";
import { findFreePort } from "./server.ts";

export type WebApp = {
	/** The address of its page, connected to a server. */
	pageFor(server: string, transport: "http" | "sse"): string;
	close(): Promise<void>;
};

export async function startWebApp(): Promise<WebApp> {
	const cacheDir = await mkdtemp(join(tmpdir(), "e2e-web-app-"));
	const port = await findFreePort();
	const vite = await createViteServer({
		configFile: false,
		root: join(import.meta.dirname, "web-app"),
		cacheDir,
		logLevel: "warn",
		server: { host: "127.0.0.1", port, strictPort: true, hmr: false, watch: null },
		// use-mcp needs React's hooks. Hono has them too, and is here already.
		resolve: { alias: { react: "hono/jsx/dom" } },
		// All at once: what is found later reloads the page.
		optimizeDeps: { include: ["hono/jsx/dom", "use-mcp", "use-mcp/react"] },
	});
	await vite.listen();
	return {
		pageFor: (server, transport) => `http://127.0.0.1:${port}/?${new URLSearchParams({ server, transport })}`,
		async close() {
			await vite.close();
			await rm(cacheDir, { recursive: true, force: true, maxRetries: 5 });
		},
	};
}
