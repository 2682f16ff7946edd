/** The server that is examined: one way to ask it, and a memory of what earlier checks learned. */
import { isLoopbackUrl } from "../../http/loopback.ts";

/** No answer of a good server is longer; what is longer is cut. */
const MAX_CHARACTERS = 1024 * 1024;
/** What the doctor calls itself. */
export const USER_AGENT = "mcp-doctor/1";

export type Answer = {
	/** What was asked, for sentences: `POST https://…`, without headers and query, which may hold secrets. */
	readonly request: string;
	readonly status: number;
	readonly headers: Headers;
	readonly text: string;
	readonly milliseconds: number;
};

export type Ask = {
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string;
	/** Whether the text that has come so far will do: an event stream does not end. */
	readonly until?: (text: string) => boolean;
};

export type TargetOptions = {
	readonly timeoutMilliseconds: number;
	readonly signal?: AbortSignal;
	readonly token?: string;
};

/** There was no answer. */
export class NoAnswerError extends Error {
	/** What to do about it. */
	readonly advice: string;
	constructor(message: string, advice: string, cause?: unknown) {
		super(message, { cause });
		this.advice = advice;
	}
}

export class Target {
	readonly url: URL;
	readonly isLocal: boolean;
	/** What no report may show: tokens, and the query of the address, in which some servers have a key. */
	readonly secrets: string[] = [];
	/** Every answer so far. */
	readonly answers: Answer[] = [];
	readonly #options: TargetOptions;
	#token: string | undefined;
	readonly #learned = new Map<unknown, unknown>();

	constructor(url: URL, options: TargetOptions) {
		this.url = url;
		this.isLocal = isLoopbackUrl(url);
		if (url.search.length > 1) this.secrets.push(url.search.slice(1));
		this.token = options.token;
		this.#options = options;
	}

	/** An access token or an API key. It is sent to the server only, and never printed. */
	get token(): string | undefined {
		return this.#token;
	}

	set token(token: string | undefined) {
		this.#token = token;
		if (token) this.secrets.push(token);
	}

	/** @returns what a question to the server has as its answer, which is asked once */
	learn<T>(question: (target: Target) => Promise<T>): Promise<T> {
		const known = this.#learned.get(question) as Promise<T> | undefined;
		if (known) return known;
		const answer = question(this);
		this.#learned.set(question, answer);
		return answer;
	}

	/** A signal for one request. */
	get signal(): AbortSignal {
		const { timeoutMilliseconds, signal } = this.#options;
		const timeout = AbortSignal.timeout(timeoutMilliseconds);
		return signal ? AbortSignal.any([signal, timeout]) : timeout;
	}

	/**
	 * Asks, and follows no redirect.
	 *
	 * @throws NoAnswerError if there is no answer in time
	 */
	async ask(method: string, url: string | URL, { headers = {}, body, until }: Ask = {}): Promise<Answer> {
		const { origin, pathname } = new URL(url);
		const request = `${method} ${origin}${pathname}`;
		const start = performance.now();
		try {
			const response = await fetch(url, {
				method,
				headers: { "User-Agent": USER_AGENT, ...headers },
				redirect: "manual",
				signal: this.signal,
				...(body !== undefined && { body }),
			});
			const milliseconds = performance.now() - start;
			const text = await readText(response, until);
			const answer = { request, status: response.status, headers: response.headers, text, milliseconds };
			this.answers.push(answer);
			return answer;
		} catch (error) {
			if (this.#options.signal?.aborted) throw error;
			throw explain(request, error, this.#options.timeoutMilliseconds);
		}
	}
}

async function readText(response: Response, until: Ask["until"]): Promise<string> {
	let text = "";
	if (!response.body) return text;
	const decoder = new TextDecoder();
	for await (const chunk of response.body) {
		text += decoder.decode(chunk, { stream: true });
		if (text.length > MAX_CHARACTERS || until?.(text)) break;
	}
	return text.slice(0, MAX_CHARACTERS);
}

/** What Node.js calls a failure, what it means, and what to do. */
const FAILURES: readonly [codes: RegExp, meaning: string, advice: string][] = [
	[
		/^(ENOTFOUND|EAI_AGAIN|EAI_NODATA)$/,
		"the name has no address in DNS",
		"Check the host for typing errors, and its DNS records.",
	],
	[/^ECONNREFUSED$/, "nothing listens there", "Start the server, or correct the host and the port."],
	[/^CERT_HAS_EXPIRED$/, "the TLS certificate has expired", "Renew the certificate."],
	[/^CERT_NOT_YET_VALID$/, "the TLS certificate is not valid yet", "Check the clocks and the certificate."],
	[
		/ALTNAME_INVALID/,
		"the TLS certificate is for another host name",
		"Use the name in the certificate, or get one for this name.",
	],
	[
		/SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/,
		"no client trusts the TLS certificate",
		"Install a certificate of a public authority, with its whole chain.",
	],
	[
		/^(ERR_SSL_|EPROTO)/,
		"the port does not speak TLS",
		"Correct the port, or write http:// for a server on this computer.",
	],
	[
		/^(ECONNRESET|UND_ERR_SOCKET|EPIPE)$/,
		"the server closed the connection",
		"Look at the server's log. If it speaks TLS, write https://.",
	],
	[/^HPE_/, "what answers does not speak HTTP", "Correct the port. If it speaks TLS, write https://."],
	[/TIMEOUT|TIMEDOUT/, "the connection could not be made in time", "Check the host, the port and the firewall."],
	[/UNREACH/, "there is no way to this address", "Check your network and the address."],
];

function explain(request: string, error: unknown, milliseconds: number): NoAnswerError {
	const seconds = milliseconds / 1000;
	if (error instanceof Error && error.name === "TimeoutError") {
		const advice = "Look at what the server waits for, or give it longer with --timeout.";
		return new NoAnswerError(`${request} was not answered within ${seconds} s.`, advice, error);
	}
	const cause = error instanceof Error && error.cause ? error.cause : error;
	const code = String(Object(cause).code ?? "");
	const [, meaning, advice] = FAILURES.find(([codes]) => codes.test(code)) ?? [
		undefined,
		cause instanceof Error ? cause.message : String(cause),
		"Check the address, and look at the server's log.",
	];
	return new NoAnswerError(`${request} was not answered: ${meaning}${code && ` (${code})`}.`, advice, error);
}
