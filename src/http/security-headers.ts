/** The security headers of every answer, refusals and JSON included. */
import type { Context, MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { AppEnv } from "../app-env.ts";
import { COPY_SCRIPT_SOURCE } from "../pages/copy-script.ts";
import { styleOf } from "../pages/style.ts";
import { isLoopbackUrl } from "./loopback.ts";
import { VIEW_POLICY, viewAt } from "./view-policy.ts";

/** Two years, as the preload lists of browsers require. Without includeSubDomains: other hosts of the domain may lack HTTPS. */
const HSTS = `max-age=${2 * 365 * 24 * 60 * 60}`;

const ownStyle = (c: Context) => styleOf(c.get("server").theme).source;

const POLICY = {
	defaultSrc: ["'none'"],
	styleSrc: [ownStyle],
	scriptSrc: [(c: Context) => (c.req.path === "/" ? COPY_SCRIPT_SOURCE : "'none'")],
	imgSrc: ["data:"],
	baseUri: ["'none'"],
	frameAncestors: ["'none'"],
};

/** For pages that are a client. Tools answer with images and sounds, which come as data. */
const CLIENT_POLICY = {
	...POLICY,
	styleSrc: [ownStyle, "'self'"],
	scriptSrc: ["'self'"],
	connectSrc: ["'self'"],
	imgSrc: ["'self'", "data:", "blob:"],
	mediaSrc: ["data:", "blob:"],
	// The views of tools.
	frameSrc: ["'self'"],
};

const headers = (
	strictTransportSecurity: string | false,
	contentSecurityPolicy: typeof POLICY | typeof CLIENT_POLICY | typeof VIEW_POLICY,
) =>
	secureHeaders({
		strictTransportSecurity,
		contentSecurityPolicy,
		permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
		// Views are for frames.
		xFrameOptions: contentSecurityPolicy === VIEW_POLICY ? "SAMEORIGIN" : "DENY",
		// "no-referrer" would make browsers post forms with `Origin: null`.
		referrerPolicy: "same-origin",
		// If a client opens the sign-in as a pop-up, it keeps a reference to that window until the sign-in returns.
		crossOriginOpenerPolicy: false,
	});

function headersOf(hsts: string | false) {
	return { plain: headers(hsts, POLICY), client: headers(hsts, CLIENT_POLICY), view: headers(hsts, VIEW_POLICY) };
}

/** A loopback host is the developer's own, with other servers on other ports that may not have https. */
const local = headersOf(false);
const deployed = headersOf(HSTS);

export const setSecurityHeaders: MiddlewareHandler<AppEnv> = (c, next) => {
	const { plain, client, view } = isLoopbackUrl(c.req.url) ? local : deployed;
	if (viewAt(c)) return view(c, next);
	const isClient = c.get("server").pages.some((page) => page.isClient && page.path === c.req.path);
	return (isClient ? client : plain)(c, next);
};
