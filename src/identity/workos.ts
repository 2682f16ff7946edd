import { decodeJwt } from "jose";
import { z } from "zod";
import { accessTokenReader } from "./access-token-claims.ts";
import { createProvider } from "./oauth2.ts";
import { permissionsIn } from "./oidc.ts";
import { UpstreamError } from "./provider.ts";
import { settings } from "./settings.ts";

const API = "https://api.workos.com";

/** The token response contains the user. */
const answerSchema = z.object({
	user: z.object({
		id: z.string().min(1),
		email: z.string(),
		email_verified: z.boolean(),
		first_name: z.string().nullish(),
		last_name: z.string().nullish(),
	}),
});

/** WorkOS omits members that RFC 6749 section 5.1 requires or recommends. The token itself states when it expires. */
function withTypeAndLifetime(body: Record<string, unknown>): Record<string, unknown> {
	if (typeof body.access_token !== "string") return body;
	const { exp } = decodeJwt(body.access_token);
	return {
		...body,
		token_type: "Bearer",
		...(exp !== undefined && { expires_in: exp - Math.floor(Date.now() / 1000) }),
	};
}

/** WorkOS AuthKit. */
export const workos = settings({
	name: "workos",
	title: "WorkOS",
	register: "https://dashboard.workos.com → Redirects and API Keys; the client secret is the API key",
	looksLike: { WORKOS_CLIENT_ID: /^client_/, WORKOS_CLIENT_SECRET: /^sk_/ },
	published: ({ WORKOS_CLIENT_ID }) => ({ keys: `${API}/sso/jwks/${WORKOS_CLIENT_ID}` }),
	required: ["WORKOS_CLIENT_ID", "WORKOS_CLIENT_SECRET"],
	optional: ["WORKOS_RESOURCE"],
	create({ WORKOS_CLIENT_ID, WORKOS_CLIENT_SECRET, WORKOS_RESOURCE }, provider) {
		const readClaims = accessTokenReader(`${API}/sso/jwks/${WORKOS_CLIENT_ID}`);
		return createProvider({
			...provider,
			clientId: WORKOS_CLIENT_ID,
			clientSecret: WORKOS_CLIENT_SECRET,
			server: {
				issuer: API,
				authorization_endpoint: `${API}/user_management/authorize`,
				token_endpoint: `${API}/user_management/authenticate`,
			},
			scope: "openid profile email offline_access",
			isOpenId: false,
			everyone: "Anyone with an account in your WorkOS environment",
			resource: WORKOS_RESOURCE,
			parameters: { provider: "authkit" },
			normalize: withTypeAndLifetime,
			async identify({ body }) {
				const result = answerSchema.safeParse(body);
				if (!result.success) throw new UpstreamError("malformed", `workos: ${z.prettifyError(result.error)}`);
				const { id, email, email_verified: emailVerified, first_name: first, last_name: last } = result.data.user;
				const name = [first, last].filter(Boolean).join(" ");
				return { subject: id, login: email, isLoginUnique: false, name: name || email, email, emailVerified };
			},
			claims: ({ accessToken }) => readClaims(accessToken),
			async permissions({ accessToken }) {
				return permissionsIn((await readClaims(accessToken)).permissions);
			},
		});
	},
});
