/**
 * GitHub: the API is @simulacrum/github-api-simulator's. It takes any token for its first user's, and its own OAuth
 * endpoints check nothing and answer without a token type; so who a token is and how one gets it are ours.
 */
import { simulation } from "@simulacrum/github-api-simulator";
import type { Peer, PeerOptions } from "./peer.ts";
import { type Issued, StandIn } from "./stand-in.ts";

/** Where the API is: a host of its own, or for GitHub Enterprise Server a path. */
export const GITHUB_APIS = ["api.github.com", "github.example.com/api/v3"];

/** GitHub answers errors of this endpoint with status 200, under names of its own. */
const ERRORS: Readonly<Record<string, string>> = {
	invalid_client: "incorrect_client_credentials",
	invalid_grant: "bad_verification_code",
};

export async function startGitHub(options: PeerOptions) {
	const { clients } = options;
	const web = new StandIn(
		{
			authorizationPath: "/login/oauth/authorize",
			tokenPath: "/login/oauth/access_token",
			authentication: "post",
			issuer: (host) => `https://${host}/login/oauth`,
			answer: ({ accessToken, refreshToken, expiresIn }) => ({
				access_token: accessToken,
				token_type: "bearer",
				scope: "read:user,user:email",
				// An OAuth app's tokens never expire; a GitHub App's do.
				...(expiresIn !== undefined && {
					expires_in: expiresIn,
					refresh_token: refreshToken,
					refresh_token_expires_in: 15897600,
				}),
			}),
			refusal: (error) => ({
				status: 200,
				body: {
					error: ERRORS[error] ?? error,
					error_description: "A detail that is for the operator only.",
					error_uri: "https://docs.github.com/",
				},
			}),
		},
		options,
	);
	const api = await simulation({
		initialState: { users: [], organizations: [], repositories: [], branches: [], blobs: [] },
		extend: {
			openapiHandlers: () => ({
				"users/get-authenticated": (_context, request, response) => {
					const owner = web.ownerOf(request.headers.authorization);
					if (!owner) return response.status(401).json({ message: "Bad credentials", status: "401" });
					return response.status(200).json({ ...userOf(owner), ...clients.behaviourOf(owner.clientId).claims });
				},
				"users/list-emails-for-authenticated-user": (_context, request, response) => {
					const owner = web.ownerOf(request.headers.authorization);
					if (!owner) return response.status(401).json({ message: "Bad credentials", status: "401" });
					const { emails } = { emails: emailsOf(owner), ...clients.behaviourOf(owner.clientId).claims };
					return response.status(200).json(emails);
				},
				"orgs/list-memberships-for-authenticated-user": (_context, request, response) => {
					const owner = web.ownerOf(request.headers.authorization);
					if (!owner) return response.status(401).json({ message: "Bad credentials", status: "401" });
					if (!owner.scope.split(" ").includes("read:org")) return response.status(403).json({ message: "read:org" });
					const { organizations = {} } = clients.behaviourOf(owner.clientId).claims ?? {};
					const { page, per_page: size } = request.query;
					const from = (Number(page) - 1) * Number(size);
					const all = Object.entries(organizations as Record<string, string>);
					const memberships = all.map(([login, state]) => ({ state, role: "member", organization: { login } }));
					return response.status(200).json(memberships.slice(from, from + Number(size)));
				},
			}),
		},
	}).listen({ port: 0, host: "127.0.0.1" });
	const peer: Peer = { hosts: ["github.com", "github.example.com"], listener: web.listener };
	return { web: peer, api };
}

/** A user's number is in their login, so that tests know it. */
function userOf({ login }: Issued) {
	return { id: Number(login.replace(/\D/g, "")), login, name: `Name of ${login}`, email: null, type: "User" };
}

function emailsOf({ login }: Issued) {
	return [
		{ email: `${login}@users.noreply.github.com`, primary: false, verified: true, visibility: null },
		{ email: `${login}@example.com`, primary: true, verified: true, visibility: "private" },
	];
}
