/** Which hosts this server answers to, and which web pages may call it. Checked before anything else runs. */
import { createMiddleware } from "hono/factory";
import { refuse } from "./answers.tsx";
import type { AppEnv } from "./app-env.ts";
import { readConfig } from "./config.ts";
import { isLoopbackHost, isLoopbackUrl } from "./loopback.ts";

/**
 * Plain HTTP is answered on loopback names only. That is a server on somebody's own machine, where any other name is
 * a web page that had its domain point here (DNS rebinding). On Cloudflare only the deployment's own hosts arrive.
 */
function isServedHost(url: URL): boolean {
	return url.protocol === "https:" || isLoopbackHost(url.hostname);
}

/** Requests without an Origin are no web page's. Pages on loopback hosts are local tools, such as the MCP Inspector. */
function isWelcomeOrigin(origin: string | undefined, url: URL, allowedOrigins: readonly string[]): boolean {
	if (origin === undefined || origin === url.origin || allowedOrigins.includes(origin)) return true;
	return URL.canParse(origin) && isLoopbackUrl(origin);
}

export const refuseForeignRequests = createMiddleware<AppEnv>(async (c, next) => {
	const url = new URL(c.req.url);
	if (!isServedHost(url)) {
		return refuse(c, 403, "Plain HTTP is served to this computer only: open http://localhost, or use https.");
	}
	if (!isWelcomeOrigin(c.req.header("Origin"), url, readConfig(c.env).allowedOrigins)) {
		return refuse(c, 403, "Pages of this origin may not call this server. Its operator can add it to ALLOWED_ORIGINS.");
	}
	return next();
});
