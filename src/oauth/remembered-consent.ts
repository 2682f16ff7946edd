/** The consent that a browser remembers. */
import type { AuthRequest } from "@cloudflare/workers-oauth-provider";
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { secretsFor } from "../auth/signing-key.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { choicesOf } from "./scope-choices.ts";
import { type Chosen, helpers, nameOf } from "./sign-in.ts";

/**
 * The request as the user approved it before in this browser: with all offered scopes, or with the scopes whose boxes
 * are ticked by default.
 */
export async function rememberedAnswer(
	c: Context<AppEnv>,
	request: AuthRequest,
	provider: Chosen,
): Promise<AuthRequest | undefined> {
	const remember = await remembering(c, provider);
	const choices = choicesOf(c, request, new URL(c.req.url).search);
	const unticked: string[] = choices.filter(({ isTicked }) => !isTicked).map(({ scope }) => scope);
	const asShown = { ...request, scope: request.scope.filter((scope) => !unticked.includes(scope)) };
	for (const answer of unticked.length < choices.length ? [request, asShown] : [request]) {
		for (const key of remember) if (await helpers(c).isConsentRemembered(c.req.raw, answer, key)) return answer;
	}
	return undefined;
}

/** Consent is remembered for one provider: with another provider, the client would get access to another user. */
export async function remembering(c: Context<AppEnv>, provider: Chosen) {
	const secrets = await secretsFor("remembered-consent", c.env, isLoopbackUrl(c.req.url));
	return secrets.map((secret) => ({ secret, subject: nameOf(provider) }));
}

/** OpenID Connect Core 1.0, section 3.1.2.1: the client requires that the user is asked again. */
export function asksForPage(c: Context<AppEnv>): boolean {
	const prompts = c.req.query("prompt")?.split(" ") ?? [];
	return prompts.some((prompt) => ["consent", "login", "select_account"].includes(prompt));
}
