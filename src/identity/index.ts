/** The identity providers that this server supports. To add one, write a file here, a line below, and a test. */
import { access } from "./access.ts";
import { auth0 } from "./auth0.ts";
import { cloudflare } from "./cloudflare.ts";
import { descope } from "./descope.ts";
import { github } from "./github.ts";
import { google } from "./google.ts";
import { openid } from "./openid.ts";
import type { ProviderSettings } from "./settings.ts";
import { slack } from "./slack.ts";
import { workos } from "./workos.ts";

export const providers: readonly ProviderSettings[] = [
	cloudflare,
	github,
	access,
	google,
	auth0,
	workos,
	descope,
	slack,
	openid,
];
