/** Pages that explain why an authorization cannot go on, and what to do next. */
import type { AuthorizationError, CimdFetchError, OAuthError } from "@cloudflare/workers-oauth-provider";
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { AppEnv } from "../app-env.ts";
import { logError } from "../errors.ts";
import { refuse } from "../http/answers.tsx";
import { withCode } from "../pages/error.tsx";
import { hasCallbackMismatch, refuseForProvider } from "./misconfigured-provider.tsx";
import { readForm } from "./sign-in.ts";
import { guardedStorage } from "./storage.ts";
import { transactionState } from "./transaction.ts";

const DOCUMENT_UNREADABLE =
	"Try again in a minute. If this server has no internet access, set CLIENT_METADATA_DOCUMENTS=off and start it again, then remove it from the app and add it again, so that the app registers instead. Otherwise the app’s publisher has to correct the document; this server’s log says what is wrong.";

type Answer = Response | Promise<Response>;

export const START_AGAIN = "Go back to your app and connect again.";
/** Plain HTTP means a loopback host. */
const SAFARI_ON_LOCALHOST =
	" Older versions of Safari drop the cookie that the sign-in needs on this computer: use another browser.";

/** How to make clients delete their registration, so that they register again. */
const FORGETTING: readonly (readonly [client: string, how: Child])[] = [
	["Most apps", "remove this server, then add it again"],
	["Claude Code", withCode("enter `/mcp`, choose this server, then “Clear authentication”")],
	["VS Code", "run the command “Authentication: Remove Dynamic Authentication Providers”"],
	["mcp-remote", withCode("delete the folder `~/.mcp-auth`")],
];

/** The page for an error without a redirect: the client or its redirect URI is not trusted. */
export async function refuseAuthorization(c: Context<AppEnv>, error: AuthorizationError): Promise<Response> {
	if (c.req.path === "/authorize" && c.req.method !== "POST") return refuseRequest(c);
	if (hasCallbackMismatch(c)) return refuseForProvider(c, "wrong_callback");
	const handle = c.req.path === "/authorize" ? (await readForm(c)).get("handle") : c.req.query("state");
	return (await refuseUnlessOpen(c, handle)) ?? refuse(c, 400, `${error.description.replace(/\.$/, "")}.`, START_AGAIN);
}

/** The page for a sign-in that this browser cannot continue; undefined if it can. */
export async function refuseUnlessOpen(c: Context<AppEnv>, handle: unknown): Promise<Response | undefined> {
	if (typeof handle !== "string" || handle === "") {
		const hint = `Your app opens it while it connects. ${START_AGAIN}`;
		return refuse(c, 400, "This page is one step of a sign-in, and none was started.", hint);
	}
	switch (await transactionState(c, handle)) {
		case "open":
			return undefined;
		case "elsewhere": {
			const hint = `Another browser started it, or this one did not keep its cookie. ${START_AGAIN}`;
			const isPlainHttp = c.req.url.startsWith("http:");
			return refuse(
				c,
				400,
				"This sign-in was not started in this browser.",
				isPlainHttp ? hint + SAFARI_ON_LOCALHOST : hint,
			);
		}
		case "late": {
			c.header("Retry-After", "60");
			const hint = `If you came here within the last minute, wait a minute, then reload this page. Otherwise: ${START_AGAIN}`;
			return refuse(c, 503, "This server cannot find your sign-in at the moment.", hint);
		}
		case "over": {
			const hint =
				"A sign-in works once, within ten minutes. If your app is not connected by now, go back to it and connect again.";
			return refuse(c, 400, "This sign-in has expired or was already used.", hint);
		}
	}
}

/** The page for a request from an unknown client, or with a redirect URI that the client did not register. */
async function refuseRequest(c: Context<AppEnv>): Promise<Response> {
	const parameters = new URL(c.req.url).searchParams;
	const clientId = parameters.get("client_id");
	if (!clientId) {
		return refuse(
			c,
			400,
			"The app did not say which app it is.",
			`MCP clients open this page themselves. ${START_AGAIN}`,
		);
	}
	// A client with a metadata document would have been refused before.
	const isKnown = clientId.startsWith("https://") || (await guardedStorage(c.env).get(`client:${clientId}`));
	if (!isKnown) return refuseUnknownClient(c);
	if (!parameters.get("redirect_uri")) {
		return refuse(c, 400, "The app did not say where to send you after the sign-in.", START_AGAIN);
	}
	if (clientId.startsWith("https://")) {
		const sentence = `The app asked to send you to an address that its description at ${new URL(clientId).host} does not list.`;
		return refuse(
			c,
			400,
			sentence,
			"Only the publisher of the app can correct that. A newer version of the app may help.",
		);
	}
	return refuse(
		c,
		400,
		"The app asked to send you to an address that it did not register with this server.",
		<Forgetting why="Its registration may be older than the app. Make the app register again:" />,
	);
}

/** The page for a client whose metadata document this server could not read. */
export function refuseUnreadableDocument(c: Context<AppEnv>, { metadataUrl, detail }: CimdFetchError): Answer {
	logError("client_metadata_unavailable", `${metadataUrl}: ${detail}`, c.get("requestId"));
	const { host } = new URL(metadataUrl);
	const sentence = `The app that sent you here describes itself in a document at ${host}, which this server could not read.`;
	return refuse(c, 400, sentence, DOCUMENT_UNREADABLE);
}

/** The page for storage, or a user's object, that does not answer. @param hint what to do next */
export function refuseWithoutStorage(c: Context<AppEnv>, { options }: OAuthError, hint?: string): Answer {
	for (const [name, value] of Object.entries(options.headers ?? {})) c.header(name, value);
	return refuse(c, 503, options.description, hint);
}

export function refuseUnknownClient(c: Context<AppEnv>): Answer {
	return refuse(
		c,
		400,
		"This server does not know the app that sent you here.",
		<>
			<p>If your app connects for the first time, wait a minute, then reload this page.</p>
			<Forgetting why="Otherwise, your app remembers a connection that this server no longer has. Remove it, then connect again:" />
		</>,
	);
}

function Forgetting({ why }: { why: string }) {
	return (
		<>
			<p>{why}</p>
			<ul>
				{FORGETTING.map(([client, how]) => (
					<li>
						{client}: {how}
					</li>
				))}
			</ul>
		</>
	);
}
