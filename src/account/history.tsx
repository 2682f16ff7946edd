/** What happened to a user's apps, as the account page tells it. */
import type { Child } from "hono/jsx";
import type { Account } from "../oauth/grant-contract.ts";
import { Time } from "./time.tsx";

export function History({ apps, history }: Account) {
	const names = new Map(apps.map(({ client, name }) => [client, name]));
	// Apps that are not connected any more are named by the entry of their sign-in.
	for (const { event, client, outcome } of history) {
		if (event === "signed_in" && outcome !== undefined && !names.has(client)) names.set(client, outcome);
	}
	return (
		<>
			<h2>Recent activity</h2>
			<p class="muted">
				Sign-ins, renewals, and calls that can take long or ask you something. Other calls are not recorded.
			</p>
			{history.length === 0 ? (
				<p>Nothing yet.</p>
			) : (
				<table>
					<thead>
						<tr>
							<th scope="col">When</th>
							<th scope="col">App</th>
							<th scope="col">What</th>
						</tr>
					</thead>
					<tbody>
						{history.map(({ at, client, ...entry }) => (
							<tr>
								<td>
									<Time at={at} />
								</td>
								<td>
									<bdi>{client === "" ? "This page" : (names.get(client) ?? "An app")}</bdi>
								</td>
								<td>{describe(entry)}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
		</>
	);
}

const ENDED: Readonly<Record<string, string>> = {
	app: "The app disconnected itself",
	user: "You disconnected it",
	administrator: "The administrator of this server disconnected it",
	provider: "Disconnected: where you sign in, its access was ended",
	sign_in_again: "Disconnected: where you sign in, its access was ended, or it was too old",
	not_allowed:
		"Disconnected: the administrator of this server has changed who may use it, or you are not a member any more",
	code_reused: "Disconnected for safety: its code was used twice",
	token_reused: "Disconnected for safety: a token that was replaced long ago was used again",
	expired: "Disconnected: it was not used for long",
};

const EVENTS: Readonly<Record<string, string>> = {
	signed_in: "You signed in and let it in",
	account_opened: "You signed in",
	token_issued: "It connected",
	grant_refreshed: "It renewed its access",
	refresh_token_reused: "A token that was replaced long ago was used again",
	permissions_changed: "What you may do changed",
};

const CALLS: Readonly<Record<string, string>> = {
	ok: "done",
	asked: "asked you something",
	cancelled: "cancelled",
	timeout: "took too long",
	refused: "refused",
};

function describe({ event, tool, outcome }: Pick<Account["history"][number], "event" | "tool" | "outcome">): Child {
	if (event === "tool_call") {
		return (
			<>
				Called <code>{tool}</code>: {CALLS[outcome ?? ""] ?? "failed"}
			</>
		);
	}
	if (event === "grant_ended") return ENDED[outcome ?? ""] ?? "Disconnected";
	return EVENTS[event] ?? event;
}
