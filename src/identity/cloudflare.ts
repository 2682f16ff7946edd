import { z } from "zod";
import { createProvider } from "./oauth2.ts";
import { settings } from "./settings.ts";
import { fetchJson } from "./upstream-fetch.ts";

const API = "https://api.cloudflare.com/client/v4";

/** Cloudflare's API wraps each result in an envelope. */
const userSchema = z.object({
	success: z.literal(true),
	result: z.object({
		id: z.string().min(1),
		email: z.string(),
		first_name: z.string().nullish(),
		last_name: z.string().nullish(),
		username: z.string().nullish(),
	}),
});

export const cloudflare = settings({
	name: "cloudflare",
	title: "Cloudflare",
	register: "https://dash.cloudflare.com → Manage account → OAuth clients",
	required: ["CLOUDFLARE_CLIENT_ID", "CLOUDFLARE_CLIENT_SECRET"],
	create: ({ CLOUDFLARE_CLIENT_ID, CLOUDFLARE_CLIENT_SECRET }, provider) =>
		createProvider({
			...provider,
			apiUrl: API,
			userPath: "/user",
			clientId: CLOUDFLARE_CLIENT_ID,
			clientSecret: CLOUDFLARE_CLIENT_SECRET,
			authentication: "basic",
			server: {
				issuer: "https://dash.cloudflare.com",
				authorization_endpoint: "https://dash.cloudflare.com/oauth2/auth",
				token_endpoint: "https://dash.cloudflare.com/oauth2/token",
			},
			scope: "user:read account:read offline_access",
			isOpenId: false,
			verifiesEmail: false,
			async identify({ accessToken }) {
				const { result } = await fetchJson(`${API}/user`, accessToken, userSchema);
				const name = [result.first_name, result.last_name].filter(Boolean).join(" ");
				const login = result.username || result.id;
				// The API does not state whether the address is verified.
				return {
					subject: result.id,
					login,
					isLoginUnique: false,
					name: name || login,
					email: result.email,
					emailVerified: false,
				};
			},
		}),
});
