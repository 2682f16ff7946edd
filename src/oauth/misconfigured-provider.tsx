/** Pages for a sign-in that failed because of a wrong setting. They explain what to enter, and where. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app-env.ts";
import { refuse } from "../http/answers.tsx";
import type { IdentityProvider, MisconfiguredProvider, UpstreamFailure } from "../identity/provider.ts";
import { withCode } from "../pages/error.tsx";
import { readSignInSettings } from "./settings.ts";

type Fault = {
	/** The provider that sent the error, if it is known. */
	readonly provider?: IdentityProvider | undefined;
	/** The address that tells the waiting client that the sign-in failed. */
	readonly redirectTo?: string;
};

/** GitHub's error if the callback differs from the registered one. GitHub sends the user to the registered one. */
const CALLBACK_MISMATCH = "redirect_uri_mismatch";

export function callbackUrl(c: Context<AppEnv>): string {
	return `${new URL(c.req.url).origin}/callback`;
}

export function isMisconfigured(reason: UpstreamFailure): reason is MisconfiguredProvider {
	return reason === "wrong_callback" || reason === "wrong_client" || reason === "refused";
}

/** Whether an identity provider sent the user here because it does not know the callback. */
export function hasCallbackMismatch(c: Context<AppEnv>): boolean {
	return c.req.query("error") === CALLBACK_MISMATCH;
}

/** The registered callback may be any address of this server. */
export const explainCallbackMismatch = createMiddleware<AppEnv>(async (c, next) => {
	if (!hasCallbackMismatch(c) || c.req.path === "/callback") return next();
	return refuseForProvider(c, "wrong_callback");
});

export function refuseForProvider(
	c: Context<AppEnv>,
	reason: MisconfiguredProvider,
	{ provider, redirectTo }: Fault = {},
): Response | Promise<Response> {
	const { identityProviders } = readSignInSettings(c.env);
	// If the provider is not known, assume GitHub.
	const { name, title } = provider ?? identityProviders.find((one) => one.name === "github") ?? {};
	const hint = (
		<>
			<p>Only the administrator of this server can change that: show them this page.</p>
			<h2>For the administrator</h2>
			<Remedy reason={reason} name={name} title={title} callbackUrl={callbackUrl(c)} />
			<p>{redirectTo ? <a href={redirectTo}>Back to your app</a> : "Then connect again from your app."}</p>
		</>
	);
	return refuse(c, 500, SENTENCES[reason](title ?? "The identity provider"), hint, { title: "Sign-in is not set up" });
}

const SENTENCES: Record<MisconfiguredProvider, (title: string) => string> = {
	wrong_callback: (title) => `${title} does not have this server’s callback URL.`,
	wrong_client: (title) => `${title} did not accept this server’s client ID or client secret.`,
	refused: (title) => `${title} refused what this server asked for.`,
};

type RemedyProps = {
	reason: MisconfiguredProvider;
	name: string | undefined;
	title: string | undefined;
	callbackUrl: string;
};

function Remedy({ reason, name, title = "the identity provider", callbackUrl }: RemedyProps) {
	// A provider's settings start with its name.
	const setting = (key: string, words: string) => (name ? `\`${name.toUpperCase()}_${key}\`` : words);
	const id = setting("CLIENT_ID", "the client ID");
	const secret = setting("CLIENT_SECRET", "the client secret");
	switch (reason) {
		case "wrong_callback":
			return (
				<>
					<p>
						At {title}, in the app that {withCode(id)} belongs to, enter this callback URL, which is also called
						redirect URI:
					</p>
					<pre>{callbackUrl}</pre>
					<p>
						If it is there already, your client connects to this server under another address, such as 127.0.0.1 instead
						of localhost. Give the client this one:
					</p>
					<pre>{new URL("/mcp", callbackUrl).href}</pre>
				</>
			);
		case "wrong_client":
			return (
				<p>
					Compare {withCode(`${id} and ${secret}`)} with the app’s settings at {title}, and see there whether the app is
					active.
				</p>
			);
		case "refused":
			return <p>The server’s log has what {title} answered, under the request ID below.</p>;
	}
}
