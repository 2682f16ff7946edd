/**
 * Workers AI as its binding shows it: a JPEG for a prompt, an error for one that asks for it. "forever …" runs until it
 * is cancelled, and "outcome of forever …" tells whether it was.
 */
import { WorkerEntrypoint } from "cloudflare:workers";

const cancelled = new Set();

export class WorkersAi extends WorkerEntrypoint {
	async run(model, { prompt, steps }, { signal }) {
		if (prompt.includes("outage")) throw new Error("5007: no such model, secret detail");
		if (prompt.startsWith("forever")) {
			await new Promise((_resolve, reject) => {
				signal.addEventListener("abort", () => {
					cancelled.add(prompt);
					reject(signal.reason);
				});
			});
		}
		if (prompt.startsWith("outcome of ")) return { image: btoa(String(cancelled.has(prompt.slice(11)))) };
		return { image: btoa(JSON.stringify({ model, prompt, steps })) };
	}
}

export default { fetch: () => new Response("Workers AI", { status: 404 }) };
