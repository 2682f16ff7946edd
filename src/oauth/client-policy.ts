/** Which apps with a metadata document are trusted, by the domain that publishes the document. */
import { z } from "zod";

export type Trust = "allow" | "warn" | "deny";

/** A rule of the setting CLIENT_METADATA_POLICY, such as `deny:*.example.com`. */
export type TrustRule = { readonly trust: Trust; readonly domain: string };

const DOMAIN = /^(\*|(\*\.)?([a-z\d-]+\.)*[a-z\d-]+)$/;

export const trustRuleSchema = z
	.string()
	.transform((entry) => entry.toLowerCase().split(":"))
	.refine(
		([trust = "", domain = "", ...more]) =>
			["allow", "warn", "deny"].includes(trust) && DOMAIN.test(domain) && more.length === 0,
		"is not allow:, warn: or deny: before a domain, *.domain or *",
	)
	.transform(([trust, domain]): TrustRule => ({ trust: trust as Trust, domain: domain ?? "" }));

/**
 * @param host of the document
 * @returns the trust of the first rule that fits; without one, it is allowed
 */
export function trustOf(rules: readonly TrustRule[], host: string): Trust {
	const fits = ({ domain }: TrustRule) => {
		if (domain === "*" || domain === host) return true;
		return domain.startsWith("*.") && (host.endsWith(domain.slice(1)) || host === domain.slice(2));
	};
	return rules.find(fits)?.trust ?? "allow";
}
