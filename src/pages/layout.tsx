/** The layout of every page: plain HTML with an inline style sheet. It needs no JavaScript and no second request. */
import { raw } from "hono/html";
import type { PropsWithChildren } from "hono/jsx";
import { currentServer } from "../app-env.ts";
import { STYLE } from "./style.ts";

const ICON =
	"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%23c2410c'/%3E%3Cpath d='M4 12V5l4 4 4-4v7' fill='none' stroke='white' stroke-width='2'/%3E%3C/svg%3E";

export function Layout({ title, children }: PropsWithChildren<{ title: string }>) {
	return (
		<>
			{raw("<!doctype html>")}
			<html lang="en">
				<head>
					<meta charset="utf-8" />
					<meta name="viewport" content="width=device-width, initial-scale=1" />
					<meta name="color-scheme" content="light dark" />
					<title>{`${title} · ${currentServer().info.title}`}</title>
					<link rel="icon" href={ICON} />
					<style>{raw(STYLE)}</style>
				</head>
				<body>
					<main>{children}</main>
				</body>
			</html>
		</>
	);
}
