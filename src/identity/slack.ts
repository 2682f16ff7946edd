import { createProvider } from "./oauth2.ts";
import { identifyByIdToken } from "./oidc.ts";
import { settings } from "./settings.ts";

/** Sign in with Slack. */
export const slack = settings({
	required: ["SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"],
	create: ({ SLACK_CLIENT_ID, SLACK_CLIENT_SECRET }) =>
		createProvider({
			name: "slack",
			title: "Slack",
			apiUrl: "https://slack.com/api",
			clientId: SLACK_CLIENT_ID,
			clientSecret: SLACK_CLIENT_SECRET,
			server: new URL("https://slack.com"),
			scope: "openid email profile",
			isOpenId: true,
			// Slack takes PKCE only from apps that gave up being confidential clients, for good.
			pkce: false,
			deadGrantErrors: ["invalid_refresh_token", "token_revoked", "token_expired", "account_inactive"],
			// Slack answers `ok`, with status 200 also for errors, which createProvider turns into 400.
			normalize: ({ ok: _, ...body }) => body,
			identify: identifyByIdToken,
		}),
});
