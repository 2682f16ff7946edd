/** The home page: what this server is, how to connect, and what it offers. Its readers call an MCP client an assistant. */
import { raw } from "hono/html";
import type { Gated } from "../mcp/gate.ts";
import { ClientTabs, CopyButton } from "./client-tabs.tsx";
import { clientsOf } from "./clients.ts";
import { COPY_SCRIPT } from "./copy-script.ts";
import { type Home, permissionSentence, shownResources, signInSentence, summaryOf } from "./home-content.ts";
import { Layout } from "./layout.tsx";
import { styleOf } from "./style.ts";
import { svgUrl } from "./theme.ts";

export const PREVIEW_PATH = "/preview.png";

export function HomePage({ home }: { home: Home }) {
	const { origin, server, signIn, offers, url } = home;
	const { info, catalogue, pages, theme } = server;
	return (
		<Layout title="Connect" isWide hasMasthead head={<Preview home={home} />}>
			<header>
				<div class="masthead">
					<img src={styleOf(theme).markUrl} alt="" />
					<h1>{info.title}</h1>
				</div>
				<p class="lead">{summaryOf(info)}</p>
			</header>

			<div class="card">
				<h2 id="address-heading">Give your assistant this address</h2>
				<div class="address">
					<code id="address">{url}</code>
					<CopyButton target="address" what="the address" />
				</div>
				<p class="muted">{signInSentence(signIn)}</p>
				{pages.map(
					({ isClient, path, title }) =>
						isClient && (
							<p>
								No assistant at hand?{" "}
								<a class="button" href={path}>
									{`Try it in the ${title.toLowerCase()}`}
								</a>
							</p>
						),
				)}
			</div>

			<h2>Connect your assistant</h2>
			<ClientTabs clients={clientsOf(home)} />

			<Items title="Tools" items={catalogue.tools} home={home} />
			<Items title="Resources" items={shownResources(server)} home={home} />
			<Items title="Prompts" items={catalogue.prompts} home={home} />

			<h2>Other addresses</h2>
			<dl>
				<dt>For older assistants (HTTP+SSE)</dt>
				<dd>
					<code>{`${origin}/sse`}</code>
				</dd>
				{offers.map(({ title, command, path }) => (
					<>
						<dt>{title}</dt>
						<dd>
							<code>{origin + path}</code>
							{command && (
								<>
									{" "}
									(<code>{command}</code>)
								</>
							)}
						</dd>
					</>
				))}
			</dl>

			<footer>
				<ul>
					{pages.map(({ path, title }) => (
						<li>
							<a href={path}>{title}</a>
						</li>
					))}
					{info.sourceUrl && (
						<li>
							<a href={info.sourceUrl}>Source</a>
						</li>
					)}
					<li>
						<a href="/llms.txt">This page as Markdown</a>
					</li>
					<li>
						<a href="/server.json">For the MCP registry</a>
					</li>
					<li>
						<a href="https://modelcontextprotocol.io">What is the Model Context Protocol?</a>
					</li>
				</ul>
			</footer>
			<script>{raw(COPY_SCRIPT)}</script>
		</Layout>
	);
}

/** What a link to this page shows elsewhere. */
function Preview({ home: { origin, server } }: { home: Home }) {
	const { info, theme } = server;
	const summary = summaryOf(info);
	return (
		<>
			<meta name="description" content={summary} />
			<meta property="og:type" content="website" />
			<meta property="og:title" content={info.title} />
			<meta property="og:description" content={summary} />
			<meta property="og:url" content={`${origin}/`} />
			{theme.hasPreview && (
				<>
					<meta property="og:image" content={origin + PREVIEW_PATH} />
					<meta property="og:image:width" content="1200" />
					<meta property="og:image:height" content="630" />
					<meta property="og:image:alt" content={`${info.title}: ${summary}`} />
				</>
			)}
			<meta name="twitter:card" content={theme.hasPreview ? "summary_large_image" : "summary"} />
			<link rel="alternate" type="text/markdown" href="/llms.txt" />
		</>
	);
}

type Item = Gated & {
	readonly title: string;
	readonly description: string;
	readonly summary?: string;
	readonly icon?: string;
};

/** One kind of catalogue items; nothing if there are none. */
function Items({ title, items, home }: { title: string; items: readonly Item[]; home: Home }) {
	if (items.length === 0) return null;
	return (
		<>
			<h2>{title}</h2>
			<ul class="tools">
				{items.map((item) => (
					<li>
						<h3>
							{item.icon && <img src={svgUrl(item.icon)} alt="" />}
							{item.title}
						</h3>
						<p>{item.summary ?? item.description}</p>
						<p class="muted note">
							<code>{item.name}</code>
							{permissionSentence(item, home.server)}
						</p>
					</li>
				))}
			</ul>
		</>
	);
}
