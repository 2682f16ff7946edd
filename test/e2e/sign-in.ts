/** The part of a sign-in that happens in a browser: consent, sign-in, and the client's own page at the end. */

import { setTimeout as delay } from "node:timers/promises";
import { type Answers, type Fetch, Person } from "../support/person.ts";

const LISTEN_MILLISECONDS = 20_000;
const RETRY_MILLISECONDS = 100;

export const fetchOverHttp: Fetch = (url, init) => fetch(url, init);

/** Walks consent and sign-in, and returns the client's callback with its parameters. */
export function signIn(authorizationUrl: string | URL, answers: Answers = {}): Promise<URL> {
	return new Person(fetchOverHttp).authorize(String(authorizationUrl), answers);
}

/** The same, and opens the callback, at which the client listens. */
export async function signInAndReturn(authorizationUrl: string | URL, answers: Answers = {}): Promise<void> {
	const callback = await signIn(authorizationUrl, answers);
	const response = await fetchOnceThere(callback);
	if (!response.ok) throw new Error(`The client's callback answered ${response.status}: ${await response.text()}`);
	await response.text();
}

/** Some clients name their callback before they listen there, which a person in a browser does not notice. */
async function fetchOnceThere(callback: URL): Promise<Response> {
	const deadline = Date.now() + LISTEN_MILLISECONDS;
	for (;;) {
		try {
			return await fetch(callback);
		} catch (error) {
			const isRefused = error instanceof Error && Object(error.cause).code === "ECONNREFUSED";
			if (!isRefused || Date.now() > deadline) throw error;
			await delay(RETRY_MILLISECONDS);
		}
	}
}
