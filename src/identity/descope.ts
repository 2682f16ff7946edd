import { z } from "zod";
import { createProvider } from "./oauth2.ts";
import { identityOf, permissionsIn } from "./oidc.ts";
import { settings } from "./settings.ts";
import { fetchJson } from "./upstream-fetch.ts";

const API = "https://api.descope.com";
const APPS = `${API}/oauth2/v1/apps`;

/** Descope Inbound Apps. A user's permissions are the granted scopes, which Descope's console defines. */
export const descope = settings({
	name: "descope",
	title: "Descope",
	register: "https://app.descope.com → Inbound Apps",
	required: ["DESCOPE_CLIENT_ID", "DESCOPE_CLIENT_SECRET"],
	optional: ["DESCOPE_SCOPE"],
	create: ({ DESCOPE_CLIENT_ID, DESCOPE_CLIENT_SECRET, DESCOPE_SCOPE }, provider) =>
		createProvider({
			...provider,
			apiUrl: API,
			clientId: DESCOPE_CLIENT_ID,
			clientSecret: DESCOPE_CLIENT_SECRET,
			server: { issuer: API, authorization_endpoint: `${APPS}/authorize`, token_endpoint: `${APPS}/token` },
			scope: DESCOPE_SCOPE ?? "openid email profile offline_access image_generation",
			isOpenId: false,
			everyone: "Anyone with an account in your Descope project",
			// The identity comes from the userinfo endpoint, because the ID token's issuer differs for each project.
			normalize: ({ id_token: _, ...body }) => body,
			identify: async ({ accessToken }) => identityOf(await fetchJson(`${APPS}/userinfo`, accessToken, z.unknown())),
			claims: ({ accessToken }) => fetchJson(`${APPS}/userinfo`, accessToken, z.looseObject({})),
			async permissions({ accessToken, body }) {
				const claims = await fetchJson(`${APPS}/userinfo`, accessToken, z.looseObject({}));
				return [...new Set([...permissionsIn(body.scope), ...permissionsIn(claims.permissions)])];
			},
		}),
});
