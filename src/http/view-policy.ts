/** What the page of a view may do: run, in a frame of this server, without this server's origin, cookies and storage. */
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { VIEWS_PATH, viewPath } from "./view-path.ts";

/** The view that is asked for. Every request passes here. */
export function viewAt(c: Context<AppEnv>) {
	if (!c.req.path.startsWith(VIEWS_PATH)) return undefined;
	const { tools } = c.get("server").catalogue;
	return tools.find(({ view }) => view && c.req.path === viewPath(view.name))?.view;
}

const declared = (kind: "connectDomains" | "resourceDomains") => (c: Context<AppEnv>) =>
	viewAt(c)?.csp?.[kind]?.join(" ") ?? "";

/** The same as hosts of MCP Apps apply (2026-01-26, "Content Security Policy"), which take a view from `resources/read`. */
export const VIEW_POLICY = {
	sandbox: ["allow-scripts"],
	defaultSrc: ["'none'"],
	scriptSrc: ["'unsafe-inline'", declared("resourceDomains")],
	styleSrc: ["'unsafe-inline'", declared("resourceDomains")],
	imgSrc: ["data:", "blob:", declared("resourceDomains")],
	mediaSrc: ["data:", "blob:", declared("resourceDomains")],
	fontSrc: ["data:", declared("resourceDomains")],
	connectSrc: [declared("connectDomains")],
	baseUri: ["'none'"],
	frameAncestors: ["'self'"],
};
