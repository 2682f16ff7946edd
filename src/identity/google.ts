import { normalDomain } from "../auth/sign-in-policy.ts";
import { createProvider } from "./oauth2.ts";
import { identifyByIdToken } from "./oidc.ts";
import { settings } from "./settings.ts";

export const google = settings({
	name: "google",
	title: "Google",
	register: "https://console.cloud.google.com/apis/credentials → OAuth client ID → Web application",
	looksLike: { GOOGLE_CLIENT_ID: /\.apps\.googleusercontent\.com$/, GOOGLE_CLIENT_SECRET: /^GOCSPX-/ },
	required: ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"],
	create: ({ GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET }, provider, { hostedDomain: hd }) =>
		createProvider({
			...provider,
			apiUrl: "https://www.googleapis.com",
			clientId: GOOGLE_CLIENT_ID,
			clientSecret: GOOGLE_CLIENT_SECRET,
			server: new URL("https://accounts.google.com"),
			scope: "openid email profile",
			isOpenId: true,
			// Google sends a refresh token only with these parameters. `hd` only suggests a domain to the user.
			parameters: { access_type: "offline", prompt: "consent", ...(hd !== undefined && { hd }) },
			// Anyone can have a Google account with an address of any domain. The claim proves that it is the domain's.
			statesDomain: true,
			async identify(answer) {
				const domain = typeof answer.claims?.hd === "string" ? normalDomain(answer.claims.hd) : undefined;
				return { ...(await identifyByIdToken(answer)), domain };
			},
		}),
});
