/** Who is asking, for what, and where access goes. Everything a client says of itself is text, never markup. */
import type { ConsentDescription } from "@cloudflare/workers-oauth-provider";
import type { IdentityProvider } from "../identity/provider.ts";
import { SCOPES, type Scope } from "../scopes.ts";
import { Layout } from "./layout.tsx";

type ConsentPageProps = {
	details: ConsentDescription;
	/** The scopes that can be ticked. */
	scopes: readonly Scope[];
	/** Whom the person can sign in with; none: the built-in sign-in. */
	providers: readonly Pick<IdentityProvider, "name" | "title">[];
	/** Proves that the form came from this page, in this browser. */
	handle: string;
};

export function ConsentPage({ details, scopes, handle, providers }: ConsentPageProps) {
	const [only] = providers;
	const { clientName, clientDomain, redirectHost, redirectIsLoopback } = details;
	return (
		<Layout title={`Allow ${clientName}?`}>
			<div class="card">
				<h1>
					Allow <bdi>{clientName}</bdi> to use this server for you?
				</h1>
				<dl>
					<dt>App</dt>
					<dd>
						<bdi>{clientName}</bdi>
					</dd>
					<dt>Published by</dt>
					<dd>{clientDomain ? <strong>{clientDomain}</strong> : "Unknown: the app chose its own name"}</dd>
					<dt>Access goes to</dt>
					<dd>
						<strong>{redirectHost}</strong>
					</dd>
				</dl>
				{redirectIsLoopback && (
					<p class="warning">
						Access goes to an app on <strong>this computer</strong>. Continue only if you just started signing in from
						it.
					</p>
				)}
				<form method="post" action="/authorize">
					<input type="hidden" name="handle" value={handle} />
					<fieldset>
						<legend>It may</legend>
						{scopes.map((scope) => (
							<label class="choice">
								<input type="checkbox" name="scope" value={scope} checked />
								<span>{SCOPES[scope].sentence}</span>
							</label>
						))}
					</fieldset>
					<p class="muted">
						You sign in {only && providers.length === 1 ? `with ${only.title} ` : ""}next. Your answer is remembered in
						this browser for 30 days.
					</p>
					<div class="buttons">
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
									class="primary"
								>
									Allow with {title}
								</button>
							))
						)}
					</div>
				</form>
			</div>
		</Layout>
	);
}
