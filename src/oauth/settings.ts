/** The settings of the sign-in with identity providers: parsed once. All mistakes are reported together, by name. */
import { z } from "zod";
import { parseSettings, readList, text } from "../auth/parse-settings.ts";
import type { Settings } from "../auth/settings.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { providers } from "../identity/index.ts";
import type { IdentityProvider } from "../identity/provider.ts";
import { readProviders } from "../identity/settings.ts";
import { isPrivateUseUri, KNOWN_PRIVATE_USE_REDIRECT_URIS } from "./redirect-uris.ts";

const settingsSchema = z.object({
	CLIENT_METADATA_DOCUMENTS: text
		.transform((word) => word.toLowerCase())
		.pipe(z.enum(["", "on", "off"], "takes on or off")),
	PRIVATE_USE_REDIRECT_URIS: text,
});

const privateUseUriSchema = z
	.string()
	.refine(isPrivateUseUri, "is not a redirect URI with an app’s own scheme, such as com.example.app:/callback");

export type SignInSettings = Pick<Settings, "problems" | "missing" | "warnings"> & {
	/** Whether clients may identify themselves by a metadata document. If undefined, only a local server forbids it. */
	readonly clientMetadataDocuments: boolean | undefined;
	/** Accepted redirect URIs with private-use schemes. */
	readonly privateUseRedirectUris: readonly string[];
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
	const identity = readProviders(providers, { ...env });
	const privateUseUris = readList("PRIVATE_USE_REDIRECT_URIS", settings.PRIVATE_USE_REDIRECT_URIS, privateUseUriSchema);
	const hasProvider = identity.providers.length + identity.problems.length > 0;
	const read: SignInSettings = {
		clientMetadataDocuments: isOn(settings.CLIENT_METADATA_DOCUMENTS),
		privateUseRedirectUris: [...KNOWN_PRIVATE_USE_REDIRECT_URIS, ...privateUseUris.entries],
		identityProviders: identity.providers,
		problems: [...wrong.values(), ...identity.problems],
		missing: hasProvider ? [] : [MISSING_PROVIDER],
		warnings: [...privateUseUris.warnings, ...identity.warnings],
	};
	parsed.set(env, read);
	return read;
}
