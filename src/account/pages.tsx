/** What the account pages show. Names that apps gave themselves are escaped, and kept apart from the text around. */
import type { Child } from "hono/jsx";
import { scopeNamed } from "../auth/scopes.ts";
import type { IdentityProvider } from "../identity/provider.ts";
import type { Server } from "../mcp/definition.ts";
import type { Account, ConnectedApp } from "../oauth/grant-contract.ts";
import { Layout } from "../pages/layout.tsx";
import type { AccountUser } from "./session.ts";

type WelcomeProps = {
	/** If there are none, the built-in sign-in is used. */
	providers: readonly Pick<IdentityProvider, "name" | "title">[];
	hasFailed: boolean;
};

export function WelcomePage({ providers, hasFailed }: WelcomeProps) {
	return (
		<Layout title="Your connected apps">
			<div class="card">
				<h1>Your connected apps</h1>
				{hasFailed && (
					<p class="problem" role="alert">
						The sign-in did not succeed. Try again.
					</p>
				)}
				<p>Sign in to see which apps use this server for you, what happened in your name, and to end it.</p>
				<form method="post" action="/account/sign-in">
					<div class="buttons">
						{providers.length === 0 && (
							<button type="submit" class="primary">
								Sign in
							</button>
						)}
						{providers.map(({ name, title }) => (
							<button type="submit" formaction={`/account/sign-in?provider=${name}`} class="primary">
								Sign in with {title}
							</button>
						))}
					</div>
				</form>
			</div>
		</Layout>
	);
}

type AccountProps = Account & {
	user: AccountUser;
	/** The title of the identity provider; undefined for the built-in sign-in. */
	provider: string | undefined;
	server: Server;
	env: Env;
	/** What was just disconnected: `one` app or `all`. */
	done: string | undefined;
	problem: string | undefined;
};

export function AccountPage({ user, provider, server, env, apps, history, done, problem }: AccountProps) {
	const names = new Map(apps.map(({ client, name }) => [client, name]));
	// Apps that are not connected any more are named by the entry of their sign-in.
	for (const { event, client, outcome } of history) {
		if (event === "signed_in" && outcome !== undefined && !names.has(client)) names.set(client, outcome);
	}
	return (
		<Layout title="Your connected apps">
			<h1>Your connected apps</h1>
			<form method="post" action="/account/sign-out" class="who">
				<p>
					You are signed in as <strong>{user.name}</strong>
					{provider && ` with ${provider}`}. <button type="submit">Sign out</button>
				</p>
			</form>
			{problem !== undefined && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
			{(done === "one" || done === "all") && (
				<p class="warning" role="status">
					{done === "one" ? "The app is disconnected." : "All apps are disconnected."} It cannot renew its access, and
					what it had open has ended. A call with an access token that it still has can work for up to a minute.
				</p>
			)}
			{apps.length === 0 && <p>No app uses this server for you.</p>}
			{apps.map((app) => (
				<App app={app} sentences={app.scopes.flatMap((scope) => sentenceOf(server, env, scope))} />
			))}
			{apps.length > 1 && (
				<form method="post" action="/account/disconnect">
					<div class="buttons">
						<button type="submit">Disconnect all apps</button>
					</div>
				</form>
			)}
			<h2>What happened</h2>
			<p class="muted">
				Sign-ins, renewals, and calls that may take long or ask you something. Ordinary calls are not kept.
			</p>
			{history.length === 0 ? (
				<p>Nothing yet.</p>
			) : (
				<table>
					<thead>
						<tr>
							<th scope="col">When</th>
							<th scope="col">App</th>
							<th scope="col">What</th>
						</tr>
					</thead>
					<tbody>
						{history.map(({ at, client, ...entry }) => (
							<tr>
								<td>
									<Time at={at} />
								</td>
								<td>
									<bdi>{client === "" ? "This page" : (names.get(client) ?? "An app")}</bdi>
								</td>
								<td>{describe(entry)}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
			<h2>Your data</h2>
			<p>
				<a href="/account/data">Download everything that this server keeps of you</a>, as JSON.
			</p>
			<form method="post" action="/account/delete" class="card">
				<label class="choice">
					<input type="checkbox" name="sure" value="yes" required />
					<span>I want this server to disconnect all my apps, and to delete everything that it keeps of me.</span>
				</label>
				<div class="buttons">
					<button type="submit">Delete everything</button>
				</div>
			</form>
		</Layout>
	);
}

export function DeletedPage() {
	return (
		<Layout title="Everything is deleted">
			<div class="card">
				<h1>Everything is deleted</h1>
				<p>All apps are disconnected, and this server keeps nothing of you any more. You are signed out.</p>
				<p class="muted">
					A call with an access token that an app still has can work for up to a minute. The log of this server names
					you by a code only, and forgets it after some days.
				</p>
			</div>
		</Layout>
	);
}

function App({ app, sentences }: { app: ConnectedApp; sentences: readonly string[] }) {
	const { grant, name, domain, redirectHost, createdAt, refreshedAt, expiresAt, streams } = app;
	const heading = `app-${grant}`;
	return (
		<section class="card" aria-labelledby={heading}>
			<h2 id={heading}>
				<bdi>{name}</bdi>
			</h2>
			<dl>
				<dt>Published by</dt>
				<dd>{domain ? <strong>{domain}</strong> : "Unknown: the app chose its own name"}</dd>
				<dt>Access went to</dt>
				<dd>{redirectHost}</dd>
				<dt>Connected</dt>
				<dd>
					<Time at={createdAt} />
				</dd>
				<dt>Last renewed</dt>
				<dd>{refreshedAt === undefined ? "Not yet" : <Time at={refreshedAt} />}</dd>
				{expiresAt !== undefined && (
					<>
						<dt>Ends, if not renewed</dt>
						<dd>
							<Time at={expiresAt} />
						</dd>
					</>
				)}
				<dt>Open connections</dt>
				<dd>{streams}</dd>
				<dt>It may</dt>
				<dd>
					<ul>
						{sentences.map((sentence) => (
							<li>{sentence}</li>
						))}
					</ul>
				</dd>
			</dl>
			<form method="post" action="/account/disconnect">
				<input type="hidden" name="grant" value={grant} />
				<div class="buttons">
					<button type="submit">
						Disconnect <bdi>{name}</bdi>
					</button>
				</div>
			</form>
		</section>
	);
}

function sentenceOf(server: Server, env: Env, scope: string): string[] {
	const sentence = scopeNamed(server, scope)?.sentence;
	if (sentence === undefined) return [];
	return [typeof sentence === "string" ? sentence : sentence(env)];
}

function Time({ at }: { at: number }) {
	const iso = new Date(at * 1000).toISOString();
	return <time datetime={iso}>{`${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`}</time>;
}

const ENDED: Readonly<Record<string, string>> = {
	app: "The app disconnected itself",
	user: "You disconnected it",
	administrator: "The administrator of this server disconnected it",
	provider: "Disconnected: where you sign in, its access was ended",
	sign_in_again: "Disconnected: where you sign in, its access was ended, or it was too old",
	code_reused: "Disconnected for safety: its code was used twice",
	token_reused: "Disconnected for safety: a token that was replaced long ago was used again",
	expired: "Disconnected: it was not used for long",
};

const EVENTS: Readonly<Record<string, string>> = {
	signed_in: "You signed in and let it in",
	account_opened: "You signed in",
	token_issued: "It connected",
	grant_refreshed: "It renewed its access",
	refresh_token_reused: "A token that was replaced long ago was used again",
	permissions_changed: "What you may do changed",
};

const CALLS: Readonly<Record<string, string>> = {
	ok: "done",
	asked: "asked you something",
	cancelled: "cancelled",
	timeout: "took too long",
	refused: "refused",
};

function describe({ event, tool, outcome }: Pick<Account["history"][number], "event" | "tool" | "outcome">): Child {
	if (event === "tool_call") {
		return (
			<>
				Called <code>{tool}</code>: {CALLS[outcome ?? ""] ?? "failed"}
			</>
		);
	}
	if (event === "grant_ended") return ENDED[outcome ?? ""] ?? "Disconnected";
	return EVENTS[event] ?? event;
}
