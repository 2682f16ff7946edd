/** Grants made without a sign-in page: for a deployed server, which has no built-in one, and for unusual users. */
import { env as boundEnv } from "cloudflare:workers";
import { server } from "#under-test";
import { authorizationServer } from "../../src/oauth/authorization-server.ts";
import { grantsOf } from "../../src/oauth/grants.ts";
import { OAuthClient, REDIRECT_URI, type Tokens } from "./oauth-client.ts";
import type { Fetch } from "./person.ts";
import { fetchWorker } from "./worker.ts";

export type GrantOptions = {
	origin: string;
	props: unknown;
	userId?: string;
	scope?: string[];
	resource?: string | null;
	/** A Worker with other settings, and these. */
	via?: Fetch;
	env?: Env;
};

/** The tokens of a grant with these props. */
export async function grantTokens(options: GrantOptions): Promise<Tokens> {
	const { origin, props, userId = "test-1", scope, resource, via = fetchWorker, env = boundEnv } = options;
	const client = new OAuthClient(via, origin);
	const clientId = await client.register();
	const { url, verifier } = await client.authorizationUrl(clientId, resource === undefined ? {} : { resource });
	const oauth = authorizationServer(server, origin, env).getOAuthApi(env);
	const request = await oauth.parseAuthRequest(new Request(url));
	const completed = await grantsOf(env, userId).complete({
		request,
		userId,
		scope: scope ?? ["tools", "identity", "images"],
		props,
		origin,
		client: (await env.OAUTH_KV.get(`client:${clientId}`)) ?? undefined,
		requestId: "test",
	});
	if (!("redirectTo" in completed)) throw new Error(`No grant: ${JSON.stringify(completed)}`);
	const code = new URL(completed.redirectTo).searchParams.get("code") ?? "";
	const fields = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
	const response = await client.token({ ...fields, client_id: clientId });
	return response.json();
}
