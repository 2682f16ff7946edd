/** The security headers of every answer, refusals and JSON included. */
import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { AppEnv } from "../app-env.ts";
import { COPY_SCRIPT_SOURCE } from "../pages/copy-script.ts";
import { styleOf } from "../pages/style.ts";
import { isLoopbackUrl } from "./loopback.ts";

/** Two years, as the preload lists of browsers require. Without includeSubDomains: other hosts of the domain may lack HTTPS. */
const HSTS = `max-age=${2 * 365 * 24 * 60 * 60}`;

const headers = (strictTransportSecurity: string | false) =>
	secureHeaders({
		strictTransportSecurity,
		contentSecurityPolicy: {
			defaultSrc: ["'none'"],
			styleSrc: [(c) => styleOf(c.get("server").theme).source],
			scriptSrc: [(c) => (c.req.path === "/" ? COPY_SCRIPT_SOURCE : "'none'")],
			imgSrc: ["data:"],
			baseUri: ["'none'"],
			frameAncestors: ["'none'"],
		},
		permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
		xFrameOptions: "DENY",
		// "no-referrer" would make browsers post forms with `Origin: null`.
		referrerPolicy: "same-origin",
		// If a client opens the sign-in as a pop-up, it keeps a reference to that window until the sign-in returns.
		crossOriginOpenerPolicy: false,
	});

/** A loopback host is the developer's own, with other servers on other ports that may not have https. */
const local = headers(false);
const deployed = headers(HSTS);

export const setSecurityHeaders: MiddlewareHandler<AppEnv> = (c, next) =>
	(isLoopbackUrl(c.req.url) ? local : deployed)(c, next);
