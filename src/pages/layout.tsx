/** The layout of every page: plain HTML with an inline style sheet. It works without JavaScript and without a second request. */
import { raw } from "hono/html";
import type { Child, PropsWithChildren } from "hono/jsx";
import { currentServer } from "../app-env.ts";
import { styleOf } from "./style.ts";

type LayoutProps = PropsWithChildren<{
	title: string;
	/** More elements of the head. */
	head?: Child;
	isWide?: boolean;
	/** Whether the page itself shows whose it is. */
	hasMasthead?: boolean;
	/** Whether the server's name leads to the home page. On a step of a sign-in, it would lead away. */
	hasWayHome?: boolean;
}>;

export function Layout({
	title,
	head,
	isWide = false,
	hasMasthead = false,
	hasWayHome = false,
	children,
}: LayoutProps) {
	const { info, theme } = currentServer();
	const { css, markUrl } = styleOf(theme);
	const brand = (
		<>
			<img src={markUrl} alt="" />
			{info.title}
		</>
	);
	return (
		<>
			{raw("<!doctype html>")}
			<html lang="en">
				<head>
					<meta charset="utf-8" />
					<meta name="viewport" content="width=device-width, initial-scale=1" />
					<meta name="color-scheme" content="light dark" />
					<title>{`${title} · ${info.title}`}</title>
					<link rel="icon" href={markUrl} />
					<style>{raw(css)}</style>
					{head}
				</head>
				<body>
					{!hasMasthead && <header class="brand">{hasWayHome ? <a href="/">{brand}</a> : brand}</header>}
					<main class={isWide ? "wide" : undefined}>{children}</main>
				</body>
			</html>
		</>
	);
}
