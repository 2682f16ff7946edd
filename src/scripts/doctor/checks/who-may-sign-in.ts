/** Whether the server limits who may sign in. Only servers of this project say so, on their home page. */
import { z } from "zod";
import { type Check, ok, skipped, warning } from "../check.ts";
import { parseJson } from "../messages.ts";

const POLICY = "docs/identity-providers.md, Who may sign in";

const homeSchema = z.object({
	sign_in: z.unknown(),
	open_to: z.array(z.string()).default([]),
	shut_out: z.array(z.string()).default([]),
});

export const whoMaySignIn: Check = {
	id: "who-may-sign-in",
	title: "The settings say who may sign in",
	async *run(target) {
		const { request, text } = await target.ask("GET", new URL("/", target.url), {
			headers: { Accept: "application/json" },
		});
		const { data: home } = homeSchema.safeParse(parseJson(text));
		if (!home || !Array.isArray(home.sign_in)) {
			yield skipped(`${request} does not name identity providers.`);
			return;
		}
		for (const sentence of home.open_to) {
			yield warning(sentence, "Set ALLOWED_USERS, ALLOWED_DOMAINS or another of the settings that limit it.", POLICY);
		}
		for (const sentence of home.shut_out) {
			yield warning(sentence, "Name users in ALLOWED_USERS, or values of a claim in ALLOWED_CLAIM.", POLICY);
		}
		if (home.open_to.length + home.shut_out.length === 0) yield ok("Only users whom a setting names can sign in.");
	},
};
