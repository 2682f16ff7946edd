import { createProvider } from "./oauth2.ts";
import { identifyByIdToken } from "./oidc.ts";
import { settings } from "./settings.ts";

/** Sign in with Slack. */
export const slack = settings({
	name: "slack",
	title: "Slack",
	register: "https://api.slack.com/apps → OAuth & Permissions, user scopes openid email profile",
	looksLike: { SLACK_CLIENT_ID: /^\d+\.\d+$/, SLACK_CLIENT_SECRET: /^[\da-f]{32}$/ },
	required: ["SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"],
	create: ({ SLACK_CLIENT_ID, SLACK_CLIENT_SECRET }, provider) =>
		createProvider({
			...provider,
			apiUrl: "https://slack.com/api",
			clientId: SLACK_CLIENT_ID,
			clientSecret: SLACK_CLIENT_SECRET,
			server: new URL("https://slack.com"),
			scope: "openid email profile",
			isOpenId: true,
			everyone: "Anyone with an account in a Slack workspace that may use your Slack app",
			// Slack accepts PKCE only from apps that were permanently converted to public clients.
			pkce: false,
			deadGrantErrors: ["invalid_refresh_token", "token_revoked", "token_expired", "account_inactive"],
			// Slack adds `ok` to its responses. It sends errors with status 200, which `normalizingFetch` turns into 400.
			normalize: ({ ok: _, ...body }) => body,
			identify: identifyByIdToken,
		}),
});
