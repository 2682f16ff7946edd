import { z } from "zod";
import { createProvider } from "./oauth2.ts";
import { settings } from "./settings.ts";
import { fetchJson } from "./upstream-fetch.ts";

const userSchema = z.object({ id: z.int(), login: z.string(), name: z.string().nullish() });
const emailsSchema = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** OAuth apps, whose tokens never expire, and GitHub Apps, whose tokens do. On github.com and GitHub Enterprise. */
export const github = settings({
	required: ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"],
	optional: ["GITHUB_HOST"],
	create({ GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, GITHUB_HOST = "github.com" }) {
		const web = `https://${GITHUB_HOST}`;
		const api = GITHUB_HOST === "github.com" ? "https://api.github.com" : `${web}/api/v3`;
		return createProvider({
			name: "github",
			title: "GitHub",
			apiUrl: api,
			userPath: "/user",
			clientId: GITHUB_CLIENT_ID,
			clientSecret: GITHUB_CLIENT_SECRET,
			server: {
				// The value that GitHub sends as `iss` (RFC 9207). It differs from GitHub's address.
				issuer: `${web}/login/oauth`,
				authorization_endpoint: `${web}/login/oauth/authorize`,
				token_endpoint: `${web}/login/oauth/access_token`,
			},
			scope: "read:user user:email",
			isOpenId: false,
			deadGrantErrors: ["bad_refresh_token"],
			// GitHub sends errors with status 200, which `normalizingFetch` turns into 400.
			normalize: (body) => body,
			async identify({ accessToken }) {
				const [user, emails] = await Promise.all([
					fetchJson(`${api}/user`, accessToken, userSchema),
					fetchJson(`${api}/user/emails`, accessToken, emailsSchema),
				]);
				const primary = emails.find((email) => email.primary);
				return {
					subject: String(user.id),
					login: user.login,
					isLoginUnique: true,
					name: user.name || user.login,
					email: primary?.email,
					emailVerified: primary?.verified ?? false,
				};
			},
		});
	},
});
