import { createProvider } from "./oauth2.ts";
import { identifyByIdToken } from "./oidc.ts";
import { UpstreamError } from "./provider.ts";
import { settings } from "./settings.ts";

export const google = settings({
	required: ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"],
	optional: ["HOSTED_DOMAIN"],
	create: ({ GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, HOSTED_DOMAIN }) =>
		createProvider({
			name: "google",
			title: "Google",
			apiUrl: "https://www.googleapis.com",
			clientId: GOOGLE_CLIENT_ID,
			clientSecret: GOOGLE_CLIENT_SECRET,
			server: new URL("https://accounts.google.com"),
			scope: "openid email profile",
			isOpenId: true,
			// Google sends a refresh token only with these parameters.
			parameters: { access_type: "offline", prompt: "consent", ...(HOSTED_DOMAIN && { hd: HOSTED_DOMAIN }) },
			async identify(answer) {
				// The parameter `hd` only suggests a domain to the user. The claim proves it.
				if (HOSTED_DOMAIN && answer.claims?.hd !== HOSTED_DOMAIN) {
					throw new UpstreamError("declined", "google: the account is not of the hosted domain");
				}
				return identifyByIdToken(answer);
			},
		}),
});
