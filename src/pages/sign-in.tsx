/** The page of the built-in sign-in of a local server. */
import { Layout } from "./layout.tsx";

export type SignInPageProps = {
	/** Leads back to the authorization request. */
	state: string;
	/** Permissions that the user can choose to try the server with. */
	permissions: readonly { readonly name: string; readonly title: string }[];
	/** The name of the app that the user signs in for; undefined if it is for a page of this server. */
	app?: string | undefined;
	/** The rejected input, if it was not an email address. */
	rejectedEmail?: string;
};

export function SignInPage({ state, permissions, app, rejectedEmail }: SignInPageProps) {
	return (
		<Layout title="Sign in">
			<div class="card">
				<h1>Sign in</h1>
				{app && (
					<p>
						Sign in so that <bdi>{app}</bdi> can use this server.
					</p>
				)}
				<p class="warning">
					This is the built-in sign-in of a server on <strong>this computer</strong>. Any email address and any password
					will do: nothing is checked, nothing is sent anywhere.
				</p>
				<form method="post" action={`/callback?${new URLSearchParams({ state, ...(app && { app }) })}`}>
					{rejectedEmail !== undefined && (
						<p class="problem" role="alert" id="email-problem">
							“{rejectedEmail}” is not an email address. Try one like me@example.com.
						</p>
					)}
					<label class="field">
						Email address
						<input
							type="email"
							name="email"
							value={rejectedEmail}
							placeholder="me@example.com"
							autocomplete="username"
							required
							autofocus
							aria-invalid={rejectedEmail === undefined ? undefined : "true"}
							aria-describedby={rejectedEmail === undefined ? undefined : "email-problem"}
						/>
					</label>
					<label class="field">
						Password (may stay empty)
						<input type="password" name="password" autocomplete="off" />
					</label>
					{permissions.length > 0 && (
						<fieldset>
							<legend>Permissions to try it with</legend>
							{permissions.map(({ name, title }) => (
								<label class="choice">
									<input type="checkbox" name="permission" value={name} />
									<span>{title}</span>
								</label>
							))}
						</fieldset>
					)}
					<div class="buttons">
						<button type="submit" class="primary">
							Sign in
						</button>
						<button type="submit" name="decision" value="cancel" formnovalidate>
							Cancel
						</button>
					</div>
				</form>
			</div>
		</Layout>
	);
}
