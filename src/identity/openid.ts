import { createProvider } from "./oauth2.ts";
import { identifyByIdToken, identifyByIdTokenAndUserInfo, permissionsIn } from "./oidc.ts";
import { settings } from "./settings.ts";

/** Any issuer that supports OpenID Connect Discovery, such as Stytch, Okta, Entra, Keycloak or Logto. */
export const openid = settings({
	name: "oidc",
	title: "any OpenID Connect issuer",
	register: "at the issuer (Stytch, Okta, Entra, Keycloak, Logto …), which must publish its discovery document",
	published: ({ OIDC_ISSUER }) => ({ issuer: OIDC_ISSUER }),
	required: ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"],
	optional: ["OIDC_SCOPE", "OIDC_TITLE", "OIDC_PERMISSIONS_CLAIM", "OIDC_AUDIENCE", "OIDC_RESOURCE"],
	create(
		{ OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_SCOPE, OIDC_TITLE, OIDC_PERMISSIONS_CLAIM, ...asked },
		provider,
	) {
		return createProvider({
			...provider,
			title: OIDC_TITLE ?? new URL(OIDC_ISSUER).hostname,
			apiUrl: new URL(OIDC_ISSUER).origin,
			clientId: OIDC_CLIENT_ID,
			clientSecret: OIDC_CLIENT_SECRET,
			server: new URL(OIDC_ISSUER),
			scope: OIDC_SCOPE ?? "openid email profile offline_access",
			isOpenId: true,
			everyone: `Anyone with an account at ${new URL(OIDC_ISSUER).host}`,
			resource: asked.OIDC_RESOURCE,
			...(asked.OIDC_AUDIENCE && { parameters: { audience: asked.OIDC_AUDIENCE } }),
			// A token for a resource is not valid at the userinfo endpoint.
			identify: asked.OIDC_RESOURCE ? identifyByIdToken : identifyByIdTokenAndUserInfo,
			...(asked.OIDC_RESOURCE && { claims: async ({ claims }) => claims }),
			...(OIDC_PERMISSIONS_CLAIM && {
				// If a refresh brings no ID token, the permissions stay as they are.
				permissions: async ({ claims }) => claims && permissionsIn(claims[OIDC_PERMISSIONS_CLAIM]),
			}),
		});
	},
});
