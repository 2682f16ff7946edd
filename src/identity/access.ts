import { createProvider } from "./oauth2.ts";
import { identifyByIdToken } from "./oidc.ts";
import { settings } from "./settings.ts";

/** Cloudflare Access, as a SaaS application of type OpenID Connect. */
export const access = settings({
	name: "access",
	title: "Cloudflare Access",
	register:
		"https://one.dash.cloudflare.com → Access → Applications → SaaS → OIDC, with PKCE; it shows all five settings",
	published: ({ ACCESS_JWKS_URL }) => ({ keys: ACCESS_JWKS_URL }),
	required: [
		"ACCESS_CLIENT_ID",
		"ACCESS_CLIENT_SECRET",
		"ACCESS_AUTHORIZATION_URL",
		"ACCESS_TOKEN_URL",
		"ACCESS_JWKS_URL",
	],
	optional: ["ACCESS_RESOURCE"],
	create({ ACCESS_CLIENT_ID, ACCESS_CLIENT_SECRET, ACCESS_AUTHORIZATION_URL, ACCESS_TOKEN_URL, ...others }, provider) {
		return createProvider({
			...provider,
			clientId: ACCESS_CLIENT_ID,
			clientSecret: ACCESS_CLIENT_SECRET,
			server: {
				// The authorization URL without its last segment.
				issuer: ACCESS_AUTHORIZATION_URL.replace(/\/[^/]*$/, ""),
				authorization_endpoint: ACCESS_AUTHORIZATION_URL,
				token_endpoint: ACCESS_TOKEN_URL,
				jwks_uri: others.ACCESS_JWKS_URL,
			},
			scope: "openid email profile",
			isOpenId: true,
			everyone: "Anyone whom the policies of your Access application let in",
			resource: others.ACCESS_RESOURCE,
			async identify(answer) {
				// Access lets users in by their email address, so it has verified the address.
				return { ...(await identifyByIdToken(answer)), emailVerified: true };
			},
		});
	},
});
