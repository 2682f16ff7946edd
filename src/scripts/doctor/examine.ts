/** Examines a server: runs the checks in order, each of which may build on what earlier ones learned. */
import { opening, place } from "./access.ts";
import { type Check, type Finding, type Status, skipped } from "./check.ts";
import { authorizeWorks, clientDocument, pkceRequired, redirectUri } from "./checks/authorize.ts";
import { challenge, queryToken, randomBearer } from "./checks/challenge.ts";
import { CORS } from "./checks/cors.ts";
import { ERAS } from "./checks/eras.ts";
import { address, clock, get, plainHttp, redirects, time, tls, trailingSlash } from "./checks/network.ts";
import { cleanUp, registration } from "./checks/registration.ts";
import { audience, resourceMetadata } from "./checks/resource-metadata.ts";
import { iss, issuerMatches, pkce, publicClients, serverMetadata, wayIn } from "./checks/server-metadata.ts";
import { type OnAuthorize, signIn, signOut } from "./checks/sign-in.ts";
import { sse } from "./checks/sse.ts";
import { userAgents } from "./checks/user-agents.ts";
import { whoMaySignIn } from "./checks/who-may-sign-in.ts";
import { NoAnswerError, Target } from "./target.ts";

export type ExamineOptions = {
	/** An access token, for the checks that need one. */
	readonly token?: string;
	/** How long the server may take for one answer; 10 seconds if left out. */
	readonly timeoutMilliseconds?: number;
	/** Registers no client, which leaves out what needs one. */
	readonly noRegister?: boolean;
	/** A public client metadata document, to be used as a client's id. */
	readonly clientDocument?: string;
	/** Signs in, and is given the page to open in a browser. */
	readonly onAuthorize?: OnAuthorize;
	readonly signal?: AbortSignal;
};

export type Reported = Finding & { readonly id: string; readonly title: string };

export type Report = {
	readonly url: string;
	/** Whether anything answered at all. */
	readonly reached: boolean;
	readonly findings: readonly Reported[];
	readonly counts: Readonly<Record<Status, number>>;
};

const TIMEOUT_MILLISECONDS = 10_000;

/** @throws Error with a sentence if the text is no address */
export function parseAddress(text: string): URL {
	const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(text);
	const isLocal = /^(localhost|127\.|\[::1\])/i.test(text);
	const whole = hasScheme ? text : `${isLocal ? "http" : "https"}://${text}`;
	const url = URL.canParse(whole) ? new URL(whole) : undefined;
	if (!url || !/^https?:$/.test(url.protocol)) {
		throw new Error(`${text} is not the address of a server. An address looks like https://mcp.example.com/mcp.`);
	}
	if (url.username !== "" || url.password !== "")
		throw new Error("Leave the name and the password out of the address.");
	url.hash = "";
	return url;
}

/**
 * Examines an MCP server of any vendor, as its clients would use it.
 *
 * @throws Error with a sentence if the text is no address, and the signal's reason when it is aborted
 */
export async function examine(text: string, options: ExamineOptions = {}): Promise<Report> {
	const { token, signal, timeoutMilliseconds = TIMEOUT_MILLISECONDS } = options;
	const url = parseAddress(text);
	const target = new Target(url, {
		timeoutMilliseconds,
		...(signal && { signal }),
		...(token !== undefined && { token }),
	});
	const findings: Reported[] = [];
	try {
		await target.learn(opening);
	} catch (error) {
		if (!(error instanceof NoAnswerError)) throw error;
		findings.push({ id: "reach", title: "The server answers", status: "fault", what: error.message, do: error.advice });
		return reportOf(target, false, findings);
	}
	const { access } = await target.learn(place);
	const failed = new Set<unknown>();
	for (const check of access === "none" ? WAY : checksFor(options))
		findings.push(...(await run(check, target, failed, signal)));
	return reportOf(target, true, findings);
}

const METADATA = [resourceMetadata, audience, serverMetadata, issuerMatches, pkce, iss, wayIn, publicClients];
const REGISTRATION = [registration, authorizeWorks, pkceRequired, redirectUri];
/** The way to the server. Where no endpoint is found at its end, nothing else can be said. */
const WAY = [address, tls, redirects, plainHttp, userAgents];

function checksFor({ noRegister, clientDocument: document, onAuthorize, signal }: ExamineOptions): Check[] {
	return [
		...WAY,
		trailingSlash,
		clock,
		challenge,
		randomBearer,
		queryToken,
		...METADATA,
		...(noRegister ? [] : REGISTRATION),
		clientDocument(document),
		...CORS,
		...(onAuthorize ? [signIn(onAuthorize, signal)] : []),
		get,
		...ERAS,
		sse,
		...(onAuthorize ? [signOut] : []),
		...(noRegister ? [] : [cleanUp]),
		whoMaySignIn,
		time,
	];
}

/** @param failed what was not answered so far: what builds on it is not to blame */
async function run({ id, title, run }: Check, target: Target, failed: Set<unknown>, signal: AbortSignal | undefined) {
	const found: Reported[] = [];
	try {
		for await (const finding of run(target)) found.push({ id, title, ...finding });
	} catch (error) {
		signal?.throwIfAborted();
		if (failed.has(error)) return [...found, { id, title, ...skipped("Needs what was not answered above.") }];
		failed.add(error);
		// What was asked and how it failed; what a check did not expect is a fault of the answer, too.
		const what = error instanceof Error ? error.message : String(error);
		const advice = error instanceof NoAnswerError ? error.advice : "Look at what the server answers there.";
		found.push({ id, title, status: "fault", what, do: advice });
	}
	return found;
}

function reportOf({ url, secrets }: Target, reached: boolean, findings: readonly Reported[]): Report {
	const counts = { ok: 0, warning: 0, fault: 0, skipped: 0 };
	for (const { status } of findings) counts[status]++;
	const hide = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
	const shown = findings.map((finding) => ({
		...finding,
		what: hide(finding.what),
		...(finding.do !== undefined && { do: hide(finding.do) }),
	}));
	return { url: hide(url.href), reached, findings: shown, counts };
}
