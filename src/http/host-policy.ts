/** Which hosts this server responds to, and which web pages may call it. Checked before any route runs. */
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app-env.ts";
import { readSettings } from "../auth/settings.ts";
import { refuse } from "./answers.tsx";
import { isLoopbackHost, isLoopbackUrl } from "./loopback.ts";

/**
 * This server accepts plain HTTP only on loopback names. On a developer's computer, any other name belongs to a web
 * page whose domain points here (DNS rebinding). On Cloudflare, only requests to the deployment's own hosts arrive.
 */
function isServedHost(url: URL): boolean {
	return url.protocol === "https:" || isLoopbackHost(url.hostname);
}

/** Requests without an Origin are not from web pages. Pages on loopback hosts are local tools, like MCP Inspector. */
function isWelcomeOrigin(origin: string | undefined, url: URL, allowedOrigins: readonly string[]): boolean {
	if (origin === undefined || origin === url.origin || allowedOrigins.includes(origin.toLowerCase())) return true;
	return URL.canParse(origin) && isLoopbackUrl(origin);
}

/** Preflight requests are checked too: they have the same Host and Origin as the requests that they announce. */
export const refuseForeignRequests = createMiddleware<AppEnv>(async (c, next) => {
	const url = new URL(c.req.url);
	const origin = c.req.header("Origin");
	if (!isServedHost(url)) {
		const sentence = "This server accepts plain HTTP only on localhost. Use http://localhost, or HTTPS.";
		return refuse(c, 403, sentence, undefined, { hasHomeLink: false });
	}
	if (isWelcomeOrigin(origin, url, readSettings(c.env).allowedOrigins)) return next();
	// The page may read the reason, and nothing else.
	if (origin !== undefined) c.res.headers.set("Access-Control-Allow-Origin", origin);
	const sentence =
		"Pages of this origin may not call this server. Its administrator can add the origin to `ALLOWED_ORIGINS`.";
	return refuse(c, 403, sentence);
});
