/** The pages that need no sign-in. */
import { type Context, Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { names } from "../http/accept.ts";
import { serveAsset } from "../http/asset.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { VIEWS_PATH } from "../http/view-path.ts";
import { viewAt } from "../http/view-policy.ts";
import { iconPath } from "../mcp/implementation.ts";
import { HomePage, PREVIEW_PATH } from "./home.tsx";
import type { Home } from "./home-content.ts";
import { homeJson } from "./home-json.ts";
import { homeMarkdown } from "./markdown.ts";
import { serverJson } from "./server-json.ts";

const DAY = "public, max-age=86400";
const MARKDOWN = { "Content-Type": "text/markdown; charset=utf-8" };

export const pages = new Hono<AppEnv>();

pages.get("/", (c) => {
	const home = homeOf(c);
	const accept = c.req.header("Accept");
	c.header("Vary", "Accept");
	if (!names(accept, "text/html")) {
		if (names(accept, "application/json")) return c.json(homeJson(home));
		if (names(accept, "text/markdown")) return c.body(homeMarkdown(home), 200, MARKDOWN);
	}
	return c.html(<HomePage home={home} />);
});

pages.get("/llms.txt", (c) => c.body(homeMarkdown(homeOf(c)), 200, MARKDOWN));
pages.get("/server.json", (c) => c.json(serverJson(homeOf(c))));

const SVG = { "Content-Type": "image/svg+xml", "Cache-Control": DAY };

/** The icons of tools, resources and prompts, for clients that show them. */
pages.get("/icons/:file{.+\\.svg}", (c, next) => {
	const { catalogue } = c.get("server");
	for (const kind of ["tools", "resources", "prompts"] as const) {
		const item = catalogue[kind].find(({ name }) => iconPath(kind, name) === c.req.path);
		if (item?.icon !== undefined) return c.body(item.icon, 200, SVG);
	}
	return next();
});

for (const path of ["/icon.svg", "/favicon.ico"]) {
	pages.get(path, (c) => c.body(c.get("server").theme.mark, 200, SVG));
}

/** The views of tools, for the playground. Other clients read them as resources. */
pages.get(`${VIEWS_PATH}/*`, (c, next) => (viewAt(c) ? serveAsset(c) : next()));

pages.get(PREVIEW_PATH, (c, next) => (c.get("server").theme.hasPreview ? serveAsset(c) : next()));

function homeOf(c: Context<AppEnv>): Home {
	const { origin } = new URL(c.req.url);
	const server = c.get("server");
	const signIn = server.signIn.describe(c.env, origin);
	const offers = server.extras.flatMap((extra) => {
		const offer = extra.offer(c.env);
		return offer ? [{ ...offer, path: `${extra.prefix}/mcp` }] : [];
	});
	const { name } = server.info;
	const { header } = signIn;
	return { origin, isLocal: isLoopbackUrl(origin), name, url: `${origin}/mcp`, header, server, signIn, offers };
}
