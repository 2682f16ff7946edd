import { accessTokenReader } from "./access-token-claims.ts";
import { createProvider } from "./oauth2.ts";
import { identifyByIdToken, permissionsIn } from "./oidc.ts";
import { settings } from "./settings.ts";

export const auth0 = settings({
	name: "auth0",
	title: "Auth0",
	register:
		"https://manage.auth0.com → Applications → Regular Web Application; the domain is like example.eu.auth0.com",
	published: ({ AUTH0_DOMAIN }) => ({ issuer: `https://${AUTH0_DOMAIN}/` }),
	required: ["AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET"],
	optional: ["AUTH0_AUDIENCE", "AUTH0_SCOPE"],
	create({ AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0_AUDIENCE, AUTH0_SCOPE }, provider) {
		const issuer = `https://${AUTH0_DOMAIN}/`;
		const readClaims = accessTokenReader(`${issuer}.well-known/jwks.json`, { issuer });
		return createProvider({
			...provider,
			apiUrl: new URL(issuer).origin,
			clientId: AUTH0_CLIENT_ID,
			clientSecret: AUTH0_CLIENT_SECRET,
			server: new URL(issuer),
			scope: AUTH0_SCOPE ?? "openid email profile offline_access",
			isOpenId: true,
			everyone: `Anyone with an account at ${AUTH0_DOMAIN}`,
			...(AUTH0_AUDIENCE && { parameters: { audience: AUTH0_AUDIENCE } }),
			identify: identifyByIdToken,
			// With an audience, the access token is a JWT. Its `permissions` come from Auth0's role-based access control.
			async permissions({ accessToken }) {
				if (!AUTH0_AUDIENCE) return [];
				return permissionsIn((await readClaims(accessToken)).permissions);
			},
		});
	},
});
