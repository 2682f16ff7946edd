/**
 * The sign-in flow that all providers share: authorization code with PKCE, nonce, ID token and refresh. oauth4webapi
 * implements the protocol. A provider adds its endpoints, and the code that reads its responses.
 */
import * as oauth from "oauth4webapi";
import { type UpstreamTokens, userId } from "../auth/grant.ts";
import { type AllowedClaim, domainOf } from "../auth/sign-in-policy.ts";
import { claimIn, hasClaim } from "./claims.ts";
import type { Claims, ProviderDefinition, TokenAnswer } from "./definition.ts";
import { explain } from "./failures.ts";
import { keptIdentity, keptTokens, keptValues } from "./kept.ts";
import { CLOCK_TOLERANCE_SECONDS, type Flow, type IdentityProvider, type Stated, UpstreamError } from "./provider.ts";
import { normalizingFetch, upstreamFetch, withLifetime } from "./upstream-fetch.ts";

export function createProvider(definition: ProviderDefinition): IdentityProvider {
	const { name, title, clientId, clientSecret, isOpenId, normalize, pkce = true } = definition;
	const client: oauth.Client = { client_id: clientId, [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS };
	const authenticate = definition.authentication === "basic" ? oauth.ClientSecretBasic : oauth.ClientSecretPost;
	const { resource } = definition;
	const fetchNormal = normalize ? normalizingFetch(normalize) : upstreamFetch;
	const options = { [oauth.customFetch]: fetchNormal };
	const fetchTokens: typeof fetchNormal = async (url, init) => withLifetime(await fetchNormal(url, init));
	const tokenOptions = {
		[oauth.customFetch]: fetchTokens,
		...(resource && { additionalParameters: { resource } }),
	};
	const findServer = once(() => resolveServer(definition.server));

	/** The claims of a response's ID token. The signature is checked here; all else was checked with the response. */
	async function claimsOf(response: Response, result: oauth.TokenEndpointResponse) {
		if (!isOpenId || result.id_token === undefined) return undefined;
		const server = await findServer();
		await oauth.validateApplicationLevelSignature(server, response, { [oauth.customFetch]: upstreamFetch });
		return oauth.getValidatedIdTokenClaims(result);
	}

	/** @param ownerId the id of the user, if it is known */
	async function describe(
		result: Pick<oauth.TokenEndpointResponse, "access_token">,
		claims: oauth.IDToken | undefined,
		ownerId?: string,
	) {
		const server = await findServer();
		const answer: TokenAnswer = {
			accessToken: result.access_token,
			claims,
			body: result,
			userInfo: once(async () => {
				const whose = claims ? userId(name, claims.sub) : ownerId;
				if (!server.userinfo_endpoint || whose === undefined) return undefined;
				const received = await oauth.userInfoRequest(server, client, result.access_token, options);
				const info = await oauth.processUserInfoResponse(server, client, oauth.skipSubjectCheck, received);
				if (userId(name, info.sub) !== whose) {
					throw new UpstreamError("malformed", `${name} answered with another person's userinfo`);
				}
				return info;
			}),
		};
		return answer;
	}

	async function claimsFor(answer: TokenAnswer, claim: string): Promise<Claims | undefined> {
		if (definition.claims) return definition.claims(answer, claim);
		if (answer.claims && hasClaim(answer.claims, claim)) return answer.claims;
		const info = await answer.userInfo();
		return info || answer.claims ? { ...info, ...answer.claims } : undefined;
	}

	async function state(answer: TokenAnswer, claim: AllowedClaim | undefined): Promise<Stated> {
		const [organizations, claims] = await Promise.all([
			definition.organizations?.(answer.accessToken),
			claim && claimsFor(answer, claim.name),
		]);
		return {
			...(organizations && { organizations }),
			...(claim && claims && { claim: { name: claim.name, values: keptValues(claimIn(claims, claim.name), claim) } }),
		};
	}

	return {
		name,
		title,
		apiUrl: definition.apiUrl,
		userPath: definition.userPath,
		statesPermissions: definition.permissions !== undefined,
		everyone: definition.everyone ?? `Anyone with an account at ${title}`,
		verifiesEmail: definition.verifiesEmail ?? true,

		authorizationUrl: ({ redirectUri, state, codeVerifier, nonce }) =>
			explain(definition, async () => {
				const { authorization_endpoint: endpoint } = await findServer();
				// The user's browser opens it, so it must be an https address (RFC 8414 section 2, OAuth 2.1 section 1.5).
				if (!endpoint?.startsWith("https://"))
					throw new UpstreamError("malformed", `${name}: no authorization endpoint`);
				const url = new URL(endpoint);
				const parameters = {
					...definition.parameters,
					response_type: "code",
					client_id: clientId,
					redirect_uri: redirectUri,
					scope: definition.scope,
					state,
					...(pkce && {
						code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
						code_challenge_method: "S256",
					}),
					...(isOpenId && { nonce }),
					...(resource && { resource }),
				};
				for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
				return url;
			}),

		signIn: (callback, flow, claim) =>
			explain(definition, async () => {
				const server = await findServer();
				const checked = oauth.validateAuthResponse(server, client, callback, flow.state);
				const { redirectUri } = flow;
				const codeVerifier = pkce ? flow.codeVerifier : oauth.nopkce;
				const secret = authenticate(clientSecret);
				const response = await oauth.authorizationCodeGrantRequest(
					server,
					client,
					secret,
					checked,
					redirectUri,
					codeVerifier,
					tokenOptions,
				);
				const expected = expectations(isOpenId, flow);
				const result = await oauth.processAuthorizationCodeResponse(server, client, response, expected);
				const answer = await describe(result, await claimsOf(response, result));
				const [{ domain, ...person }, permissions] = await Promise.all([
					definition.identify(answer),
					definition.permissions?.(answer),
				]);
				const identity = keptIdentity(name, { ...person, permissions: permissions ?? [] });
				const verified = identity.emailVerified ? domainOf(identity.email) : undefined;
				const membership = {
					domain: definition.statesDomain ? domain : verified,
					...(await state(answer, claim)),
					statedAt: Math.floor(Date.now() / 1000),
				};
				return { identity: { ...identity, membership }, tokens: keptTokens(name, upstreamTokens(result)) };
			}),

		refresh: (refreshToken, ownerId) =>
			explain(definition, async () => {
				const server = await findServer();
				const response = await oauth.refreshTokenGrantRequest(
					server,
					client,
					authenticate(clientSecret),
					refreshToken,
					tokenOptions,
				);
				const result = await oauth.processRefreshTokenResponse(server, client, response);
				const claims = await unlessUnavailable(() => claimsOf(response, result));
				const answer = await describe(result, claims, ownerId);
				// OpenID Connect Core 1.0, section 12.2.
				if (answer.claims && userId(name, answer.claims.sub) !== ownerId) {
					throw new UpstreamError("malformed", `${name} answered the refresh with another person's ID token`);
				}
				const permissions = await unlessUnavailable(async () => definition.permissions?.(answer));
				// RFC 6749 section 6: if the server sends no new refresh token, the old one stays valid.
				return {
					tokens: keptTokens(name, {
						...upstreamTokens(result),
						refreshToken: result.refresh_token ?? refreshToken,
					}),
					permissions,
					stated: (claim) => explain(definition, () => state(answer, claim)),
				};
			}),

		stated: (accessToken, ownerId, claim) =>
			explain(definition, async () => {
				try {
					return await state(await describe({ access_token: accessToken }, undefined, ownerId), claim);
				} catch (error) {
					if (!(error instanceof UpstreamError) || error.status !== 401) throw error;
					throw new UpstreamError("dead_grant", `${name} does not accept the user's token`, { cause: error });
				}
			}),
	};
}

/** After a refresh, the old token is used up. So if a follow-up request is unavailable, the new tokens are kept. */
async function unlessUnavailable<T>(ask: () => Promise<T>): Promise<T | undefined> {
	try {
		return await ask();
	} catch (error) {
		if (error instanceof UpstreamError && error.reason === "unavailable") return undefined;
		throw error;
	}
}

function expectations(isOpenId: boolean, flow: Flow): oauth.ProcessAuthorizationCodeResponseOptions {
	return isOpenId ? { expectedNonce: flow.nonce, requireIdToken: true } : {};
}

function upstreamTokens(result: oauth.TokenEndpointResponse): UpstreamTokens {
	const { access_token: accessToken, refresh_token: refreshToken, expires_in: lifetime } = result;
	const expiresAt = lifetime === undefined ? undefined : Math.floor(Date.now() / 1000) + lifetime;
	return { accessToken, refreshToken, expiresAt };
}

/** The provider's metadata, as given or as its issuer publishes it (OpenID Connect Discovery 1.0). */
async function resolveServer(server: oauth.AuthorizationServer | URL): Promise<oauth.AuthorizationServer> {
	if (!(server instanceof URL)) return server;
	const response = await oauth.discoveryRequest(server, { [oauth.customFetch]: upstreamFetch });
	return oauth.processDiscoveryResponse(server, response);
}

/** Keeps the value, not the promise. A promise ends with the request that started it; others would wait forever. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
	let made: T | undefined;
	return async () => {
		made ??= await make();
		return made;
	};
}
