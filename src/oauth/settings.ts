/** The settings of the sign-in with identity providers: parsed once. All mistakes are reported together, by name. */
import { z } from "zod";
import { number, parseSettings, readList, text } from "../auth/parse-settings.ts";
import type { Settings } from "../auth/settings.ts";
import { readSignInPolicy, type SignInPolicy, withoutDomains } from "../auth/sign-in-policy.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { providers } from "../identity/index.ts";
import type { IdentityProvider } from "../identity/provider.ts";
import { readProviders } from "../identity/settings.ts";
import { type TrustRule, trustRuleSchema } from "./client-policy.ts";
import type { GrantLifetimes } from "./grant-record.ts";
import { isPrivateUseUri, KNOWN_PRIVATE_USE_REDIRECT_URIS } from "./redirect-uris.ts";

const DAY_SECONDS = 24 * 60 * 60;
const ACCESS_TOKEN_SECONDS = 60 * 60;
/** How long a grant lives after its last refresh, and after the sign-in. */
const GRANT_IDLE_DAYS = 30;
const GRANT_MAX_AGE_DAYS = 90;
const MAX_DAYS = 999;
const MAX_CONTACT_LENGTH = 200;
/** RFC 6750 section 2.1. */
const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

const settingsSchema = z.object({
	CLIENT_METADATA_DOCUMENTS: text
		.transform((word) => word.toLowerCase())
		.pipe(z.enum(["", "on", "off"], "takes on or off")),
	CLIENT_METADATA_POLICY: text,
	PRIVATE_USE_REDIRECT_URIS: text,
	ACCESS_TOKEN_SECONDS: number(ACCESS_TOKEN_SECONDS, { unit: "seconds", min: 60, max: DAY_SECONDS }),
	GRANT_IDLE_DAYS: number(GRANT_IDLE_DAYS, { unit: "days", max: MAX_DAYS }),
	GRANT_MAX_AGE_DAYS: number(GRANT_MAX_AGE_DAYS, { unit: "days", max: MAX_DAYS }),
	REPLACED_TOKEN_SECONDS: number(0, { unit: "seconds", min: 0, max: 30 * DAY_SECONDS }),
	ADMINISTRATOR_CONTACT: text.refine(
		(contact) => contact.length <= MAX_CONTACT_LENGTH,
		`takes at most ${MAX_CONTACT_LENGTH} characters`,
	),
	OPERATOR_KEY: text.refine(
		(key) => key === "" || (key.length >= 32 && BEARER_TOKEN.test(key)),
		"needs at least 32 letters, digits and -._~+/, such as `openssl rand -hex 32` prints",
	),
});

const privateUseUriSchema = z
	.string()
	.refine(isPrivateUseUri, "is not a redirect URI with an app’s own scheme, such as com.example.app:/callback");

export type SignInSettings = Pick<Settings, "problems" | "missing" | "warnings"> & {
	/** Whether clients may identify themselves by a metadata document. If undefined, only a local server forbids it. */
	readonly clientMetadataDocuments: boolean | undefined;
	/** Which apps with a metadata document are trusted. The first rule that fits counts. */
	readonly clientTrust: readonly TrustRule[];
	readonly lifetimes: GrantLifetimes;
	/** How long a replaced refresh token stands for its successor, if the successor's access token expires sooner. */
	readonly replacedTokenSeconds: number;
	/** The secret of an operator, who may end the grants of any user. Undefined if no operator may. */
	readonly operatorKey: string | undefined;
	/** Accepted redirect URIs with private-use schemes. */
	readonly privateUseRedirectUris: readonly string[];
	/** Who may sign in at all. */
	readonly policy: SignInPolicy;
	/** Whom users ask who may not sign in: an email address, an https address, or a few words. Empty if it is not set. */
	readonly administratorContact: string;
	/** The providers that the settings enable, in the order in which the consent page lists them. */
	readonly identityProviders: readonly IdentityProvider[];
};

const MISSING_PROVIDER =
	"There is no identity provider. Set the keys of one, for GitHub with `npx wrangler secret put GITHUB_CLIENT_ID` " +
	"and `npx wrangler secret put GITHUB_CLIENT_SECRET`; the README lists the others.";

/**
 * Whether clients may identify themselves by a metadata document. A local server may lack the internet access to read
 * it, and if metadata documents are offered, clients do not fall back to registration.
 *
 * @param url any URL of the server
 */
export function readsClientDocuments({ clientMetadataDocuments }: SignInSettings, url: string): boolean {
	return clientMetadataDocuments ?? !isLoopbackUrl(url);
}

function isOn(text: "" | "on" | "off"): boolean | undefined {
	return text === "" ? undefined : text === "on";
}

const parsed = new WeakMap<object, SignInSettings>();

/** Reads the settings of an environment. Wrong values are left out, and named in `problems` or `warnings`. */
export function readSignInSettings(env: object): SignInSettings {
	const known = parsed.get(env);
	if (known) return known;
	const { settings, wrong } = parseSettings(settingsSchema, env);
	const policy = readSignInPolicy(env);
	const identity = readProviders(providers, { ...env }, policy);
	const privateUseUris = readList("PRIVATE_USE_REDIRECT_URIS", settings.PRIVATE_USE_REDIRECT_URIS, privateUseUriSchema);
	const trust = readList("CLIENT_METADATA_POLICY", settings.CLIENT_METADATA_POLICY, trustRuleSchema);
	const hasProvider = identity.providers.length + identity.problems.length > 0;
	const read: SignInSettings = {
		clientMetadataDocuments: isOn(settings.CLIENT_METADATA_DOCUMENTS),
		privateUseRedirectUris: [...KNOWN_PRIVATE_USE_REDIRECT_URIS, ...privateUseUris.entries],
		policy,
		administratorContact: settings.ADMINISTRATOR_CONTACT,
		identityProviders: identity.providers,
		clientTrust: trust.entries,
		lifetimes: {
			accessTokenSeconds: settings.ACCESS_TOKEN_SECONDS,
			idleSeconds: settings.GRANT_IDLE_DAYS * DAY_SECONDS,
			maxAgeSeconds: settings.GRANT_MAX_AGE_DAYS * DAY_SECONDS,
		},
		replacedTokenSeconds: settings.REPLACED_TOKEN_SECONDS,
		operatorKey: settings.OPERATOR_KEY || undefined,
		problems: [...wrong.values(), ...policy.problems, ...identity.problems],
		missing: hasProvider ? [] : [MISSING_PROVIDER],
		warnings: [
			...policy.warnings,
			...withoutDomains({ policy, identityProviders: identity.providers }),
			...trust.warnings,
			...privateUseUris.warnings,
			...identity.warnings,
		],
	};
	parsed.set(env, read);
	return read;
}
