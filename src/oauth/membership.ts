/** What an identity provider stated of a user for the sign-in policy, and when it is asked again. */
import type { Membership, User } from "../auth/grant.ts";
import { maySignIn, type SignInPolicy } from "../auth/sign-in-policy.ts";
import { logError } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import { type Stated, UpstreamError } from "../identity/provider.ts";

/** What a provider stated of a user's organisations and claim counts for so long. */
const STATED_SECONDS = 60 * 60;
/** How long it counts if the provider is available, and refuses to state it again. */
const MAX_UNSTATED_SECONDS = 24 * 60 * 60;

/** Whether the provider has to state again what the policy needs: after an hour, and before the policy ends a grant. */
export function isMembershipDue(user: User, policy: SignInPolicy): boolean {
	const isNeeded = policy.claim !== undefined || policy.organizations.length > 0;
	const age = Math.floor(Date.now() / 1000) - (user.membership?.statedAt ?? 0);
	return isNeeded && (age >= STATED_SECONDS || !maySignIn(user, policy));
}

/**
 * @returns the membership as before, if the provider cannot state it now
 * @throws UpstreamError `dead_grant` if the provider is available, and has not stated it for too long
 */
export async function restate({ membership }: User, ask: () => Promise<Stated>): Promise<Membership | undefined> {
	const now = Math.floor(Date.now() / 1000);
	try {
		return { ...membership, ...(await ask()), statedAt: now };
	} catch (error) {
		if (!(error instanceof UpstreamError) || error.reason === "dead_grant") throw error;
		logError("membership_not_stated", error, currentRequestId());
		const isOld = now - (membership?.statedAt ?? 0) >= MAX_UNSTATED_SECONDS;
		if (error.reason === "unavailable" || !isOld) return membership;
		throw new UpstreamError("dead_grant", "The membership has not been stated for too long", { cause: error });
	}
}
