/** The nine identity providers: how one is enabled, and what is its own about it. */
import { type Answer, type Behaviour, secretOf } from "./behaviour.ts";

export type ProviderCase = {
	readonly name: string;
	readonly title: string;
	/** The settings that enable it, for a client of this id. */
	settings(clientId: string): Readonly<Record<string, string>>;
	/** Where its tokens come from. */
	readonly tokenHost: string;
	readonly isOpenId: boolean;
	/** Who somebody is, by the login they typed. */
	subject(login: string): string;
	login(login: string): string;
	/** Whether the provider vouches for email addresses. */
	readonly isEmailVerified: boolean;
	/** Claims that permit image generation, where the provider can say so. */
	readonly permitting?: NonNullable<Behaviour["claims"]>;
	/** How the token endpoint says that a refresh token is dead. */
	readonly deadGrant: Answer;
	/** How the token endpoint says that it refuses for a reason that is not the person's. */
	readonly refusal: Answer;
};

/** What refusals say to the operator, and nobody else may see. */
export const UPSTREAM_DETAIL = "internal-detail-of-the-provider";

const refusal = (error: string, status = 400): Answer => ({
	status,
	body: { error, error_description: UPSTREAM_DETAIL },
});
const slackRefusal = (error: string): Answer => ({ status: 200, body: { ok: false, error, detail: UPSTREAM_DETAIL } });

const standard = {
	isEmailVerified: true,
	deadGrant: refusal("invalid_grant"),
	refusal: refusal("invalid_request"),
	login: (login: string) => `${login}@example.com`,
	subject: (login: string) => login,
};

const credentials = (prefix: string) => (clientId: string) => ({
	[`${prefix}_CLIENT_ID`]: clientId,
	[`${prefix}_CLIENT_SECRET`]: secretOf(clientId),
});

const ACCESS_APP = "https://team.cloudflareaccess.com/cdn-cgi/access/sso/oidc/app";

export const PROVIDERS: readonly ProviderCase[] = [
	{
		...standard,
		name: "cloudflare",
		title: "Cloudflare",
		settings: credentials("CLOUDFLARE"),
		tokenHost: "dash.cloudflare.com",
		isOpenId: false,
		subject: (login) => `cf${login}`,
		login: (login) => login,
		isEmailVerified: false,
	},
	{
		...standard,
		name: "github",
		title: "GitHub",
		settings: credentials("GITHUB"),
		tokenHost: "github.com",
		isOpenId: false,
		subject: (login) => login.replace(/\D/g, ""),
		login: (login) => login,
		deadGrant: refusal("bad_refresh_token", 200),
		refusal: refusal("incorrect_client_credentials", 200),
	},
	{
		...standard,
		name: "access",
		title: "Cloudflare Access",
		settings: (clientId) => ({
			...credentials("ACCESS")(clientId),
			ACCESS_AUTHORIZATION_URL: `${ACCESS_APP}/authorization`,
			ACCESS_TOKEN_URL: `${ACCESS_APP}/token`,
			ACCESS_JWKS_URL: `${ACCESS_APP}/jwks`,
		}),
		tokenHost: "team.cloudflareaccess.com",
		isOpenId: true,
	},
	{
		...standard,
		name: "google",
		title: "Google",
		settings: credentials("GOOGLE"),
		tokenHost: "oauth2.googleapis.com",
		isOpenId: true,
	},
	{
		...standard,
		name: "auth0",
		title: "Auth0",
		settings: (clientId) => ({
			...credentials("AUTH0")(clientId),
			AUTH0_DOMAIN: "example.eu.auth0.com",
			AUTH0_AUDIENCE: "https://api.example.com/",
		}),
		tokenHost: "example.eu.auth0.com",
		isOpenId: true,
		permitting: { permissions: ["image_generation", "something:else"] },
	},
	{
		...standard,
		name: "workos",
		title: "WorkOS",
		settings: credentials("WORKOS"),
		tokenHost: "api.workos.com",
		isOpenId: false,
		subject: (login) => `user_${login}`,
		permitting: { permissions: ["image_generation"] },
	},
	{
		...standard,
		name: "descope",
		title: "Descope",
		settings: credentials("DESCOPE"),
		tokenHost: "api.descope.com",
		isOpenId: false,
		subject: (login) => `U2${login}`,
		permitting: { scope: "openid email image_generation" },
	},
	{
		...standard,
		name: "slack",
		title: "Slack",
		settings: credentials("SLACK"),
		tokenHost: "slack.com",
		isOpenId: true,
		deadGrant: slackRefusal("invalid_refresh_token"),
		refusal: slackRefusal("bad_client_secret"),
	},
	{
		...standard,
		name: "oidc",
		title: "Example",
		settings: (clientId) => ({
			...credentials("OIDC")(clientId),
			OIDC_ISSUER: "https://login.example.org/realms/demo",
			OIDC_TITLE: "Example",
			OIDC_PERMISSIONS_CLAIM: "roles",
		}),
		tokenHost: "login.example.org",
		isOpenId: true,
		permitting: { roles: ["image_generation"] },
	},
];

export function caseOf(name: string): ProviderCase {
	const found = PROVIDERS.find((provider) => provider.name === name);
	if (!found) throw new Error(`No provider ${name}`);
	return found;
}

/** Settings that enable all of them: what Durable Objects of the tests see. */
export const EVERY_PROVIDER: Readonly<Record<string, string>> = Object.assign(
	{},
	...PROVIDERS.map(({ name, settings }) => settings(`everyones-${name}`)),
);
