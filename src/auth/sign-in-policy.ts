/** Who may sign in at all: by settings, checked against the stored identity with each request. */
import { z } from "zod";
import { LOCAL_PROVIDER, type User } from "./grant.ts";
import { isListed, userEntrySchema } from "./listed-user.ts";
import { parseSettings, readList, text } from "./parse-settings.ts";

/** A claim, and the values of which a user needs one. */
export type AllowedClaim = { readonly name: string; readonly values: readonly string[] };

/** A user may sign in if they match one entry of any setting. */
export type SignInPolicy = {
	/** Whether one of the settings is set. If not, every user of the identity providers may sign in. */
	readonly isLimited: boolean;
	/** Logins, email addresses and user IDs; `*` is every user. */
	readonly users: readonly string[];
	/** As `normalDomain` returns them. */
	readonly domains: readonly string[];
	/** The domain of Google Workspace accounts. */
	readonly hostedDomain: string | undefined;
	/** GitHub organisations, in lower case. */
	readonly organizations: readonly string[];
	readonly claim: AllowedClaim | undefined;
	/** A sentence for each setting that is wrong, and for each entry that is ignored. */
	readonly problems: readonly string[];
	readonly warnings: readonly string[];
};

const NOT_A_DOMAIN = "is not a domain such as example.com; subdomains need entries of their own";

/**
 * A domain in lower case and in Punycode (RFC 5890), so that each has one form.
 *
 * @returns undefined for what is no domain of at least two labels
 */
export function normalDomain(domain: string): string | undefined {
	// A URL would drop what looks like a path, a port or a user name.
	if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) || !URL.canParse(`https://${domain}`)) return undefined;
	const { hostname } = new URL(`https://${domain}`);
	return /^[a-z\d-]+(\.[a-z\d-]+)+$/.test(hostname) ? hostname : undefined;
}

/** The domain of an email address; undefined if the address is not of the usual form. */
export function domainOf(email: string | undefined): string | undefined {
	const [local, domain, ...others] = email?.split("@") ?? [];
	return local && domain && others.length === 0 ? normalDomain(domain) : undefined;
}

const domainSchema = z
	.string()
	.transform(normalDomain)
	.refine((domain) => domain !== undefined, NOT_A_DOMAIN)
	.transform(String);

const organizationSchema = z
	.string()
	.regex(/^[\w-]+$/, "is not the name of a GitHub organisation, as it is in its address")
	.toLowerCase();

/** `name=value, value`. The name ends at the first equals sign. */
function parseClaim(setting: string): AllowedClaim {
	const [name = "", ...rest] = setting.split("=");
	const values = rest.join("=").split(",");
	return { name: name.trim(), values: values.map((value) => value.trim()).filter((value) => value !== "") };
}

const settingsSchema = z.object({
	ALLOWED_USERS: text,
	ALLOWED_DOMAINS: text,
	GITHUB_ALLOWED_ORGANIZATIONS: text,
	ALLOWED_CLAIM: text.refine((setting) => {
		const { name, values } = parseClaim(setting);
		return setting === "" || (name !== "" && values.length > 0);
	}, "takes the name of a claim and its values, such as groups=engineering,ops"),
	HOSTED_DOMAIN: text.refine(
		(domain) => domain === "" || normalDomain(domain) !== undefined,
		"takes a domain such as example.com",
	),
});

export function readSignInPolicy(env: object): SignInPolicy {
	const { settings, wrong } = parseSettings(settingsSchema, env);
	const { ALLOWED_CLAIM: claim, HOSTED_DOMAIN: hostedDomain } = settings;
	const list = <T>(name: "ALLOWED_USERS" | "ALLOWED_DOMAINS" | "GITHUB_ALLOWED_ORGANIZATIONS", entry: z.ZodType<T>) => {
		const { entries, warnings } = readList(name, settings[name], entry);
		const isEmpty = settings[name] !== "" && entries.length === 0;
		return {
			entries,
			warnings: isEmpty ? [...warnings, `${name} has no valid entry, so it lets no user in.`] : warnings,
		};
	};
	const users = list("ALLOWED_USERS", userEntrySchema);
	const domains = list("ALLOWED_DOMAINS", domainSchema);
	const organizations = list("GITHUB_ALLOWED_ORGANIZATIONS", organizationSchema);
	return {
		// Even if no entry is valid, the administrator meant to limit who may sign in.
		isLimited: wrong.size > 0 || Object.values(settings).some((setting) => setting !== ""),
		users: users.entries,
		domains: domains.entries,
		hostedDomain: normalDomain(hostedDomain),
		organizations: organizations.entries,
		claim: claim === "" ? undefined : parseClaim(claim),
		problems: [...wrong.values()],
		warnings: [...users.warnings, ...domains.warnings, ...organizations.warnings],
	};
}

/** The provider whose accounts HOSTED_DOMAIN is about. */
const GOOGLE = "google";

/** Whether a user may sign in, and go on using the server. The built-in sign-in proves nothing, so it is not limited. */
export function maySignIn(user: User, policy: SignInPolicy): boolean {
	if (!policy.isLimited || user.provider === LOCAL_PROVIDER) return true;
	const { domain, organizations = [], claim } = user.membership ?? {};
	const domains = user.provider === GOOGLE ? [...policy.domains, policy.hostedDomain] : policy.domains;
	return (
		isListed(user, policy.users) ||
		(domain !== undefined && domains.includes(domain)) ||
		organizations.some((organization) => policy.organizations.includes(organization)) ||
		(claim !== undefined &&
			claim.name === policy.claim?.name &&
			policy.claim.values.some((value) => claim.values.includes(value)))
	);
}

/** The user with no more of the lists than lets them in under this policy, for a cookie, which must be short. */
export function shortened(user: User, policy: SignInPolicy): User {
	if (!user.membership) return user;
	const { organizations = [], claim, ...membership } = user.membership;
	const values = claim?.values.filter((value) => policy.claim?.values.includes(value)) ?? [];
	const one = organizations.filter((organization) => policy.organizations.includes(organization)).slice(0, 1);
	const kept = { ...membership, organizations: one, ...(claim && { claim: { ...claim, values: values.slice(0, 1) } }) };
	return { ...user, membership: kept };
}

/** What the sentences below say of an identity provider. */
type Described = {
	readonly title: string;
	/** All who have an account, such as “Anyone with an account at GitHub”. */
	readonly everyone: string;
	/** Whether the provider says of email addresses that they are verified. */
	readonly verifiesEmail: boolean;
};

type Who = { readonly policy: SignInPolicy; readonly identityProviders: readonly Described[] };

/** @returns for a server that does not limit who may sign in, a sentence for each provider; otherwise nothing */
export function openTo({ policy, identityProviders }: Who): string[] {
	if (policy.isLimited && !policy.users.includes("*")) return [];
	return identityProviders.map(({ everyone }) => `${everyone} can sign in.`);
}

/** @returns a sentence for each provider whose users no domain lets in, although the setting lists some */
export function withoutDomains({ policy, identityProviders }: Who): string[] {
	return identityProviders
		.filter(({ verifiesEmail }) => policy.domains.length > 0 && !verifiesEmail)
		.map(({ title }) => {
			return `ALLOWED_DOMAINS is set, but ${title} does not say whether email addresses are verified: it lets none of its users in.`;
		});
}
