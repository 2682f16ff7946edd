/** The consent page: the client, its scopes and its redirect URI. All text from a client is escaped. */
import type { ConsentDescription } from "@cloudflare/workers-oauth-provider";
import { currentServer } from "../app-env.ts";
import { OFFLINE_ACCESS } from "../auth/scopes.ts";
import type { IdentityProvider } from "../identity/provider.ts";
import { isWebRedirectUri, opensApp } from "../oauth/redirect-uris.ts";
import type { ScopeChoice } from "../oauth/scope-choices.ts";
import { mixesAlphabets, shownName } from "../oauth/shown-name.ts";
import { Initial } from "./initial.tsx";
import { Layout } from "./layout.tsx";

export type ConsentPageProps = {
	details: ConsentDescription;
	/** The boxes that can be ticked. */
	choices: readonly ScopeChoice[];
	/** The identity providers to choose from. If there are none, the built-in sign-in is used. */
	providers: readonly Pick<IdentityProvider, "name" | "title">[];
	/** Proves that the form was sent from this page, in this browser. */
	handle: string;
	/** The original query of the authorization request, to show the page again. */
	query: string;
	/** Whether the administrator wants users to be careful with what this domain publishes. */
	isUnreviewed: boolean;
	/** This server's own host. */
	host: string;
	/** The address of the account pages, if there are any. */
	account: string | undefined;
	/** The error in the form, if the page is shown again. */
	problem?: string;
};

export function ConsentPage({
	details,
	choices,
	handle,
	providers,
	query,
	isUnreviewed,
	host,
	account,
	problem,
}: ConsentPageProps) {
	const [only] = providers;
	const { clientDomain, redirectUri } = details;
	const name = shownName(details.clientName);
	return (
		<Layout title={`Allow ${name} at ${host}?`}>
			<div class="card">
				<h1>
					Allow <bdi>{name}</bdi>?
				</h1>
				<p>
					This app wants to use <strong>{currentServer().info.title}</strong> at {host} for you.
				</p>
				<dl>
					<dt>Access goes to</dt>
					<dd>
						<strong>{opensApp(redirectUri) ? redirectUri : new URL(redirectUri).host}</strong>
					</dd>
					<dt>Published by</dt>
					<dd>{clientDomain ? <strong>{clientDomain}</strong> : "Unknown. Anyone can use this name."}</dd>
				</dl>
				{mixesAlphabets(name) && (
					<p class="warning">Careful: the app’s name mixes letters of several alphabets that look alike.</p>
				)}
				{isUnreviewed && (
					<p class="warning">
						The administrator of this server has not reviewed apps of <strong>{clientDomain}</strong>. Continue only if
						you know who they are.
					</p>
				)}
				{!isWebRedirectUri(redirectUri) && (
					<p class="warning">
						Access goes to{" "}
						{opensApp(redirectUri) ? `the app that opens ${new URL(redirectUri).protocol} links` : "an app"} on{" "}
						<strong>this device</strong>. Continue only if you just started signing in from it.
					</p>
				)}
				<form method="post" action="/authorize">
					{problem !== undefined && (
						<p class="problem" role="alert">
							{problem}
						</p>
					)}
					<input type="hidden" name="handle" value={handle} />
					<input type="hidden" name="query" value={query} />
					{details.scope.includes(OFFLINE_ACCESS) && <input type="hidden" name={OFFLINE_ACCESS} value="on" />}
					<fieldset>
						<legend>It may</legend>
						{choices.map(({ scope, sentence, command, note, isTicked }) => (
							<label class="choice">
								<input type="checkbox" name="scope" value={scope} checked={isTicked} />
								<span>
									{sentence}
									{command && (
										<>
											: <code>{command}</code>
										</>
									)}
									{note && <span class="muted note">{note}</span>}
								</span>
							</label>
						))}
					</fieldset>
					<p class="muted">
						You sign in {only && providers.length === 1 ? `with ${only.title} ` : ""}next.
						{isWebRedirectUri(redirectUri) && " Your answer is remembered in this browser for 30 days."}
						{account && (
							<>
								{" "}
								You can undo this at any time under <a href={account}>your connected apps</a>.
							</>
						)}
					</p>
					{providers.length > 1 && (
						<p>
							<strong>Allow, and sign in with:</strong>
						</p>
					)}
					<div class={providers.length > 1 ? "buttons providers" : "buttons"}>
						<button type="submit" name="decision" value="deny">
							Deny
						</button>
						{providers.length <= 1 ? (
							<button type="submit" name="decision" value="approve" class="primary">
								Allow
							</button>
						) : (
							providers.map(({ name, title }) => (
								<button
									type="submit"
									name="decision"
									value="approve"
									formaction={`/authorize?provider=${name}`}
									aria-label={`Allow, and sign in with ${title}`}
								>
									<Initial title={title} />
									{title}
								</button>
							))
						)}
					</div>
				</form>
			</div>
		</Layout>
	);
}
