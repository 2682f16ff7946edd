/** The part of a sign-in that happens in a browser: consent, sign-in, and the client's own page at the end. */
import { type Answers, type Fetch, Person } from "../support/person.ts";

export const fetchOverHttp: Fetch = (url, init) => fetch(url, init);

/** Walks consent and sign-in, and returns the client's callback with its parameters. */
export function signIn(authorizationUrl: string | URL, answers: Answers = {}): Promise<URL> {
	return new Person(fetchOverHttp).authorize(String(authorizationUrl), answers);
}

/** The same, and opens the callback, at which the client listens. */
export async function signInAndReturn(authorizationUrl: string | URL, answers: Answers = {}): Promise<void> {
	const callback = await signIn(authorizationUrl, answers);
	const response = await fetch(callback);
	if (!response.ok) throw new Error(`The client's callback answered ${response.status}: ${await response.text()}`);
	await response.text();
}
