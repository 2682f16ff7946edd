/** Pages on which users see the apps that they let in, and end their access. */
import type { PageExtra } from "../mcp/define/page-extra.ts";
import { grantsOf } from "../oauth/grants.ts";
import { accountApp } from "./app.tsx";
import { ACCOUNT_PATH, openAccount } from "./session.ts";

/** An extra at `/account`. */
export function account(): PageExtra {
	return {
		path: ACCOUNT_PATH,
		title: "Your connected apps",
		route: (app) => void app.route(ACCOUNT_PATH, accountApp),
		async signedIn(c, user) {
			await openAccount(c, user);
			await grantsOf(c.env, user.id).accountOpened(user.id, c.get("requestId"));
			return c.redirect(ACCOUNT_PATH);
		},
	};
}
