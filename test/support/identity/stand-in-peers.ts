/** Cloudflare, WorkOS and Descope, written from their documentation, with the field shapes it records. */
import type { Peer, PeerOptions } from "./peer.ts";
import { StandIn } from "./stand-in.ts";

export function createStandInPeers(options: PeerOptions): Peer[] {
	return [...cloudflarePeers(options), workosPeer(options), descopePeer(options)];
}

function cloudflarePeers(options: PeerOptions): Peer[] {
	const { clients } = options;
	const dashboard = new StandIn(
		{
			authorizationPath: "/oauth2/auth",
			tokenPath: "/oauth2/token",
			authentication: "basic",
			answer: ({ accessToken, refreshToken, expiresIn, scope }) => ({
				access_token: accessToken,
				refresh_token: refreshToken,
				token_type: "bearer",
				scope,
				expires_in: expiresIn,
			}),
			refusal: (error) => ({
				status: error === "invalid_client" ? 401 : 400,
				body: { error, error_description: "A detail that is for the operator only." },
			}),
			api: {
				"/client/v4/user": ({ clientId, login }) => ({
					status: 200,
					body: {
						success: true,
						errors: [],
						messages: [],
						result: {
							id: `cf${login}`,
							email: `${login}@example.com`,
							first_name: "Name",
							last_name: `of ${login}`,
							username: login,
							telephone: null,
							country: null,
							zipcode: null,
							two_factor_authentication_enabled: false,
							suspended: false,
							...clients.behaviourOf(clientId).claims,
						},
					},
				}),
			},
			unauthorized: {
				success: false,
				errors: [{ code: 10000, message: "Authentication error" }],
				messages: [],
				result: null,
			},
		},
		options,
	);
	return [{ hosts: ["dash.cloudflare.com", "api.cloudflare.com"], listener: dashboard.listener }];
}

/** Documented to last five minutes, unless a test wants it otherwise. */
const WORKOS_SECONDS = 300;

function workosPeer(options: PeerOptions): Peer {
	const { clients, keys } = options;
	const server = new StandIn(
		{
			authorizationPath: "/user_management/authorize",
			tokenPath: "/user_management/authenticate",
			authentication: "post",
			accessToken({ clientId, login }) {
				const now = Math.floor(Date.now() / 1000);
				const { claims, expiresIn } = clients.behaviourOf(clientId);
				return keys.sign({
					iss: `https://api.workos.com/user_management/${clientId}`,
					sub: `user_${login}`,
					sid: `session_${login}`,
					jti: crypto.randomUUID(),
					org_id: "org_01",
					role: "member",
					permissions: claims?.permissions ?? [],
					iat: now,
					exp: now + (expiresIn ?? WORKOS_SECONDS),
				});
			},
			// Neither token_type nor expires_in.
			answer: ({ accessToken, refreshToken, login, clientId }) => ({
				user: {
					object: "user",
					id: `user_${login}`,
					email: `${login}@example.com`,
					email_verified: true,
					first_name: "Name",
					last_name: `of ${login}`,
					profile_picture_url: null,
					created_at: "2026-01-01T00:00:00.000Z",
					updated_at: "2026-01-01T00:00:00.000Z",
					...clients.behaviourOf(clientId).claims,
				},
				organization_id: "org_01",
				access_token: accessToken,
				refresh_token: refreshToken,
				authentication_method: "GoogleOAuth",
			}),
			refusal: (error) => ({ status: 400, body: { error, error_description: "Detail for the operator." } }),
			documents: (path) => (path.startsWith("/sso/jwks/") ? keys.publicJwks : undefined),
		},
		options,
	);
	return { hosts: ["api.workos.com"], listener: server.listener };
}

function descopePeer(options: PeerOptions): Peer {
	const { clients } = options;
	const server = new StandIn(
		{
			authorizationPath: "/oauth2/v1/apps/authorize",
			tokenPath: "/oauth2/v1/apps/token",
			authentication: "post",
			answer: ({ accessToken, refreshToken, expiresIn, clientId }) => ({
				access_token: accessToken,
				token_type: "bearer",
				expires_in: expiresIn,
				refresh_token: refreshToken,
				scope: clients.behaviourOf(clientId).claims?.scope ?? "openid email profile",
			}),
			api: {
				"/oauth2/v1/apps/userinfo": ({ clientId, login }) => {
					const { scope: _, ...claims } = clients.behaviourOf(clientId).claims ?? {};
					const person = { sub: `U2${login}`, name: `Name of ${login}`, email: `${login}@example.com` };
					return { status: 200, body: { ...person, email_verified: true, ...claims } };
				},
			},
		},
		options,
	);
	return { hosts: ["api.descope.com"], listener: server.listener };
}
