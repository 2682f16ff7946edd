/** Who may sign in. */
import type { Provider } from "./answer.ts";
import type { Collection } from "./collect.ts";

/** A user may sign in who fits any of them. If none is set, every user of the providers may. */
const LIMITS: readonly { readonly name: string; readonly what: string; readonly provider?: string }[] = [
	{ name: "ALLOWED_USERS", what: "email addresses or GitHub logins, with commas" },
	{ name: "ALLOWED_DOMAINS", what: "domains of email addresses, such as example.com" },
	{ name: "GITHUB_ALLOWED_ORGANIZATIONS", what: "GitHub organisations whose members may", provider: "github" },
];

export async function askWhoMaySignIn(collection: Collection, chosen: readonly Provider[]): Promise<void> {
	const titles = new Intl.ListFormat("en", { type: "disjunction" }).format(chosen.map(({ title }) => title));
	console.log(`\nWho may sign in? Anyone with an account at ${titles}, unless you say who. Enter for no limit.`);
	for (const { name, what, provider } of LIMITS) {
		if (provider === undefined || chosen.some((one) => one.name === provider)) await collection.offer(name, what);
	}
}

/** @returns a sentence that says who may, as the settings are */
export function whoMaySignIn(collection: Collection): string {
	const limits = [...LIMITS.map(({ name }) => name), "ALLOWED_CLAIM", "HOSTED_DOMAIN"].filter((name) =>
		collection.has(name),
	);
	return limits.length === 0
		? "Anyone with an account at the identity providers may sign in. To limit it, set ALLOWED_USERS or ALLOWED_DOMAINS."
		: `Who may sign in is limited by ${limits.join(", ")}.`;
}
