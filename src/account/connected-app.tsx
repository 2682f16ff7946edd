/** A connected app on the account page. */
import type { ConnectedApp } from "../oauth/grant-contract.ts";
import { Time } from "./time.tsx";

export function App({ app, sentences }: { app: ConnectedApp; sentences: readonly string[] }) {
	const { grant, name, domain, redirectHost, createdAt, refreshedAt, expiresAt, streams } = app;
	const heading = `app-${grant}`;
	return (
		<section class="card" aria-labelledby={heading}>
			<h2 id={heading}>
				<bdi>{name}</bdi>
			</h2>
			<dl>
				<dt>Published by</dt>
				<dd>{domain ? <strong>{domain}</strong> : "Unknown. Anyone can use this name."}</dd>
				<dt>Access went to</dt>
				<dd>{redirectHost}</dd>
				<dt>Connected</dt>
				<dd>
					<Time at={createdAt} />
				</dd>
				{refreshedAt !== undefined && (
					<>
						<dt>Last renewed</dt>
						<dd>
							<Time at={refreshedAt} />
						</dd>
					</>
				)}
				{expiresAt !== undefined && (
					<>
						<dt>Expires unless renewed</dt>
						<dd>
							<Time at={expiresAt} />
						</dd>
					</>
				)}
				{streams > 0 && (
					<>
						<dt>Open connections</dt>
						<dd>{streams}</dd>
					</>
				)}
				<dt>It may</dt>
				<dd>
					<ul>
						{sentences.map((sentence) => (
							<li>{sentence}</li>
						))}
					</ul>
				</dd>
			</dl>
			<form method="post" action="/account/disconnect">
				<input type="hidden" name="grant" value={grant} />
				<div class="buttons">
					<button type="submit">
						Disconnect <bdi>{name}</bdi>
					</button>
				</div>
			</form>
		</section>
	);
}
