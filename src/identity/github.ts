import { z } from "zod";
import { createProvider } from "./oauth2.ts";
import { settings } from "./settings.ts";
import { fetchJson } from "./upstream-fetch.ts";

const userSchema = z.object({ id: z.int(), login: z.string(), name: z.string().nullish() });
const membershipsSchema = z.array(z.object({ state: z.string(), organization: z.object({ login: z.string() }) }));
const MEMBERSHIPS_PER_PAGE = 100;
const MAX_PAGES = 10;
const emailsSchema = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** OAuth apps, whose tokens never expire, and GitHub Apps, whose tokens do. On github.com and GitHub Enterprise. */
export const github = settings({
	name: "github",
	title: "GitHub",
	register:
		"https://github.com/settings/developers → OAuth Apps → New OAuth App, or GitHub Apps for tokens that expire",
	looksLike: { GITHUB_CLIENT_ID: /^(Ov23|Iv23|Iv1\.|[\da-f]{20}$)/, GITHUB_CLIENT_SECRET: /^[\da-f]{40}$/ },
	required: ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"],
	optional: ["GITHUB_HOST"],
	create({ GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, GITHUB_HOST = "github.com" }, provider, { organizations: allowed }) {
		const web = `https://${GITHUB_HOST}`;
		const api = GITHUB_HOST === "github.com" ? "https://api.github.com" : `${web}/api/v3`;
		return createProvider({
			...provider,
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
			scope: allowed.length > 0 ? "read:user user:email read:org" : "read:user user:email",
			everyone: `Anyone with an account at ${GITHUB_HOST === "github.com" ? "GitHub" : GITHUB_HOST}`,
			...(allowed.length > 0 && { organizations: (accessToken) => activeIn(allowed, api, accessToken) }),
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

/** Those of the organisations of which the user is a member, and not only invited. */
async function activeIn(allowed: readonly string[], api: string, accessToken: string): Promise<string[]> {
	const found: string[] = [];
	for (let page = 1; page <= MAX_PAGES; page++) {
		const query = `state=active&per_page=${MEMBERSHIPS_PER_PAGE}&page=${page}`;
		const memberships = await fetchJson(`${api}/user/memberships/orgs?${query}`, accessToken, membershipsSchema);
		const active = memberships.filter(({ state }) => state === "active");
		found.push(...active.map(({ organization }) => organization.login.toLowerCase()));
		if (memberships.length < MEMBERSHIPS_PER_PAGE) break;
	}
	return allowed.filter((organization) => found.includes(organization));
}
