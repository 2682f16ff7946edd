/** The account pages. They work without JavaScript. */
import { OAuthError } from "@cloudflare/workers-oauth-provider";
import { type Context, Hono } from "hono";
import { csrf } from "hono/csrf";
import type { AppEnv } from "../app-env.ts";
import { answerError, refuse } from "../http/answers.tsx";
import { limitAddress } from "../http/limit-address.ts";
import { grantsOf } from "../oauth/grants.ts";
import { refuseWithoutStorage } from "../oauth/refusals.tsx";
import { chosenProvider, providersOf, readForm, startPageSignIn, usesBuiltIn } from "../oauth/sign-in.ts";
import { AccountPage, DeletedPage, WelcomePage } from "./pages.tsx";
import { ACCOUNT_PATH, type AccountUser, accountOf, closeAccount } from "./session.ts";

export const accountApp = new Hono<AppEnv>();

accountApp.onError((error, c) => {
	return error instanceof OAuthError ? refuseWithoutStorage(c, error) : answerError(error, c);
});

accountApp.use(csrf());
accountApp.use(async (c, next) => {
	c.header("Cache-Control", "no-store");
	await next();
});

accountApp.get("/", async (c) => {
	const user = await accountOf(c);
	return user ? showAccount(c, user) : showWelcome(c);
});

accountApp.post("/sign-in", limitAddress("authorization"), async (c) => {
	const provider = chosenProvider(c, c.req.query("provider"));
	return provider ? startPageSignIn(c, provider, ACCOUNT_PATH) : refuse(c, 400, "Choose with whom to sign in.");
});

accountApp.post("/sign-out", (c) => {
	closeAccount(c);
	return c.redirect(ACCOUNT_PATH, 303);
});

accountApp.post("/disconnect", async (c) => {
	const user = await accountOf(c);
	if (!user) return c.redirect(ACCOUNT_PATH, 303);
	const form = await readForm(c);
	const grantId = form.get("grant");
	if (typeof grantId !== "string" && !form.has("all")) return refuse(c, 400, "Choose which app to disconnect.");
	const revocation = revocationBy(c, user);
	const grants = grantsOf(c.env, user.id);
	if (typeof grantId === "string") await grants.revoke({ ...revocation, grantId });
	else await grants.revokeAll(revocation);
	return c.redirect(`${ACCOUNT_PATH}?done=${typeof grantId === "string" ? "one" : "all"}`, 303);
});

accountApp.get("/data", async (c) => {
	const user = await accountOf(c);
	if (!user) return showWelcome(c);
	const data = await grantsOf(c.env, user.id).download();
	c.header("Content-Disposition", 'attachment; filename="my-data.json"');
	return c.body(JSON.stringify({ user, ...data }, null, 2), 200, { "Content-Type": "application/json" });
});

accountApp.post("/delete", async (c) => {
	const user = await accountOf(c);
	if (!user) return c.redirect(ACCOUNT_PATH, 303);
	if (!(await readForm(c)).has("sure")) {
		return showAccount(c, user, "Nothing was deleted: tick the box first, if you are sure.");
	}
	await grantsOf(c.env, user.id).deleteAll(revocationBy(c, user));
	closeAccount(c);
	return c.html(<DeletedPage />);
});

function revocationBy(c: Context<AppEnv>, user: AccountUser) {
	const { origin } = new URL(c.req.url);
	return { origin, userId: user.id, requestId: c.get("requestId"), reason: "user" as const };
}

async function showAccount(c: Context<AppEnv>, user: AccountUser, problem?: string): Promise<Response> {
	const account = await grantsOf(c.env, user.id).account();
	const provider = providersOf(c).find(({ name }) => name === user.provider)?.title;
	const done = c.req.query("done");
	const props = { user, provider, server: c.get("server"), env: c.env, done, problem, ...account };
	return c.html(<AccountPage {...props} />, problem === undefined ? 200 : 400);
}

function showWelcome(c: Context<AppEnv>): Response | Promise<Response> {
	const hasFailed = c.req.query("error") !== undefined;
	return c.html(<WelcomePage providers={usesBuiltIn(c) ? [] : providersOf(c)} hasFailed={hasFailed} />);
}
