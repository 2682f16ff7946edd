/** HTTP+SSE, for clients from before 2025. */
import { openStream, place } from "../access.ts";
import { type Check, fault, ok, skipped } from "../check.ts";
import { bearer, brief, initialize, messageIn, POST_HEADERS } from "../messages.ts";
import { USER_AGENT } from "../target.ts";

const SOURCE = "MCP 2024-11-05, Transports, HTTP with SSE; Windsurf";

export const sse: Check = {
	id: "sse",
	title: "HTTP+SSE answers on its stream",
	async *run(target) {
		const { transport, access } = await target.learn(place);
		const url = transport === "sse" ? target.url : new URL(target.url.pathname.replace(/\/[^/]*$/, "/sse"), target.url);
		// A neighbour's stream needs a token of its own audience.
		const token = transport === "sse" ? target.token : undefined;
		const first = await openStream(target, url, token).catch(() => undefined);
		if (first?.status === 401 && access === "closed" && token === undefined) {
			yield skipped(`GET ${url} needs a token${transport === "sse" ? "" : " of its own: examine that address"}.`);
			return;
		}
		if (first?.status !== 200 || !first.headers.get("Content-Type")?.startsWith("text/event-stream")) {
			if (transport === "sse")
				yield fault(`GET ${url} answered ${first ? brief(first) : "nothing"}.`, "Answer with an event stream.", SOURCE);
			else yield skipped(`There is no HTTP+SSE at ${url}.`);
			return;
		}
		const data = /^data: ?(.+?)\r?$/m.exec(first.text)?.[1] ?? "";
		if (!/^event: ?endpoint\r?$/m.test(first.text) || !URL.canParse(data, url.href)) {
			yield fault(
				`GET ${url} did not begin with the event "endpoint" and an address.`,
				'Send "event: endpoint" first.',
				SOURCE,
			);
			return;
		}
		if (new URL(data, url).origin !== url.origin) {
			yield fault(
				`GET ${url} sends messages to another origin: ${new URL(data, url).origin}.`,
				"Name a path in the event endpoint.",
				SOURCE,
			);
			return;
		}
		const answered = await converse(url, bearer(token), target.signal);
		if (answered === undefined) yield ok(`GET ${url} answered initialize on its stream.`);
		else yield fault(`GET ${url}: ${answered}.`, "Answer each message on the stream, and its POST with 202.", SOURCE);
	},
};

/** Opens a stream and sends initialize. @returns what went wrong; undefined if the answer came on the stream */
async function converse(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<string | undefined> {
	try {
		const common = { "User-Agent": USER_AGENT, ...headers };
		const stream = await fetch(url, {
			headers: { ...common, Accept: "text/event-stream" },
			redirect: "manual",
			signal,
		});
		let text = "";
		let isSent = false;
		for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
			text += chunk;
			const data = /^data: ?(.+?)\r?\n/m.exec(text)?.[1];
			if (!isSent && data !== undefined) {
				isSent = true;
				const endpoint = new URL(data, url);
				const body = JSON.stringify(initialize("2024-11-05"));
				const answer = await fetch(endpoint, { method: "POST", headers: { ...POST_HEADERS, ...common }, body, signal });
				await answer.body?.cancel();
				if (!answer.ok) return `a message to its endpoint was answered with ${answer.status}`;
			}
			if (messageIn(text)) return undefined;
		}
		return "the stream ended before the answer to initialize";
	} catch (error) {
		return error instanceof Error && error.name === "TimeoutError"
			? "no answer to initialize came in time"
			: `the stream broke off`;
	}
}
