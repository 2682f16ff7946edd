/** What the account pages show. Names that apps gave themselves are escaped, and kept apart from the text around. */
import { scopeNamed, sentenceOf } from "../auth/scopes.ts";
import type { IdentityProvider } from "../identity/provider.ts";
import type { Server } from "../mcp/definition.ts";
import type { Account } from "../oauth/grant-contract.ts";
import { Initial } from "../pages/initial.tsx";
import { Layout } from "../pages/layout.tsx";
import { App } from "./connected-app.tsx";
import { History } from "./history.tsx";
import type { AccountUser } from "./session.ts";

type WelcomeProps = {
	/** If there are none, the built-in sign-in is used. */
	providers: readonly Pick<IdentityProvider, "name" | "title">[];
	hasFailed: boolean;
};

export function WelcomePage({ providers, hasFailed }: WelcomeProps) {
	return (
		<Layout title="Your connected apps" hasWayHome>
			<div class="card">
				<h1>Your connected apps</h1>
				{hasFailed && (
					<p class="problem" role="alert">
						The sign-in did not succeed. Try again.
					</p>
				)}
				<p>Sign in to see which apps use this server for you, what happened in your name, and to end it.</p>
				<form method="post" action="/account/sign-in">
					<div class={providers.length === 0 ? "buttons" : "buttons providers"}>
						{providers.length === 0 && (
							<button type="submit" class="primary">
								Sign in
							</button>
						)}
						{providers.map(({ name, title }) => (
							<button type="submit" formaction={`/account/sign-in?provider=${name}`}>
								<Initial title={title} />
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
	return (
		<Layout title="Your connected apps" hasWayHome>
			<h1>Your connected apps</h1>
			<form method="post" action="/account/sign-out" class="who">
				<p>
					<span>
						You are signed in as <strong>{user.name}</strong>
						{provider && ` with ${provider}`}.
					</span>
					<button type="submit">Sign out</button>
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
			{apps.length === 0 && (
				<p>
					No app uses this server for you. <a href="/">Connect one</a>.
				</p>
			)}
			{apps.map((app) => (
				<App app={app} sentences={app.scopes.flatMap((scope) => sentencesOf(server, env, scope))} />
			))}
			{apps.length > 1 && (
				<form method="post" action="/account/disconnect">
					<div class="buttons">
						<button type="submit" name="all" value="yes" class="danger">
							Disconnect all apps
						</button>
					</div>
				</form>
			)}
			<History apps={apps} history={history} />
			<h2>Your data</h2>
			<p>
				<a href="/account/data">Download everything that this server keeps about you</a>, as a JSON file.
			</p>
			<form method="post" action="/account/delete" class="card">
				<label class="choice">
					<input type="checkbox" name="sure" value="yes" required />
					<span>
						Disconnect all my apps, and delete everything that this server keeps about me. This cannot be undone.
					</span>
				</label>
				<div class="buttons">
					<button type="submit" class="danger">
						Delete everything
					</button>
				</div>
			</form>
		</Layout>
	);
}

export function DeletedPage() {
	return (
		<Layout title="Everything is deleted" hasWayHome>
			<div class="card">
				<h1>Everything is deleted</h1>
				<p>All apps are disconnected, and this server keeps nothing about you any more. You are signed out.</p>
				<p class="muted">
					A call with an access token that an app still has can work for up to a minute. This server’s log identifies
					you only by a code, and deletes its entries after some days.
				</p>
			</div>
		</Layout>
	);
}

/** The sentence of a scope; none for a scope that the server does not have any more. */
function sentencesOf(server: Server, env: Env, scope: string): string[] {
	const definition = scopeNamed(server, scope);
	return definition ? [sentenceOf(definition, env)] : [];
}
