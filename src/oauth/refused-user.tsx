/** The page for users who signed in, and who may not use this server by its settings. It says whom to ask. */
import { authorizationErrorRedirect } from "@cloudflare/workers-oauth-provider";
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { audit, pseudonymOf } from "../audit.ts";
import type { User } from "../auth/grant.ts";
import { refuse } from "../http/answers.tsx";
import { isLoopbackUrl } from "../http/loopback.ts";
import { readSignInSettings } from "./settings.ts";
import { shownName } from "./shown-name.ts";
import { type Returned, setHeaders } from "./sign-in.ts";

/** No grant is made. The waiting client gets its error when the user goes back to it. */
export async function refuseUser(
	c: Context<AppEnv>,
	user: User,
	{ request, page, headers }: Returned,
): Promise<Response> {
	const { identityProviders, administratorContact } = readSignInSettings(c.env);
	const { title = user.provider } = identityProviders.find(({ name }) => name === user.provider) ?? {};
	audit("refused", {
		requestId: c.get("requestId"),
		user: await pseudonymOf(user.id, c.env, isLoopbackUrl(c.req.url)),
		client: request.clientId,
		outcome: "not_allowed",
	});
	setHeaders(c, headers);
	const back = page ?? authorizationErrorRedirect(request, "access_denied", "This user may not use this server.");
	const account = shownName(user.email ?? user.login);
	const hint = (
		<>
			<p>
				The administrator of this server decides who may use it. Ask <Contact contact={administratorContact} /> for
				access, and say that your ID here is <code>{`id:${user.id}`}</code>.
			</p>
			<p>
				To use another account, sign out at {title} or change accounts there, then{" "}
				{page === undefined ? "connect again from your app" : "sign in again"}.
			</p>
			<p>
				<a href={back}>{page === undefined ? "Back to your app" : "Back"}</a>
			</p>
		</>
	);
	const sentence = `You signed in with ${title} as ${account}, and this server does not let that account in.`;
	return refuse(c, 403, sentence, hint, { title: "You may not use this server" });
}

function Contact({ contact }: { contact: string }) {
	if (/^[^\s@]+@[^\s@]+$/.test(contact)) return <a href={`mailto:${contact}`}>{contact}</a>;
	if (/^https:\/\/\S+$/.test(contact)) return <a href={contact}>{contact}</a>;
	return <>{contact || "them"}</>;
}
