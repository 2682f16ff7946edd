/** Workers AI as its binding shows it: a JPEG for a prompt, an error for one that asks for it. */
import { WorkerEntrypoint } from "cloudflare:workers";

export class WorkersAi extends WorkerEntrypoint {
	async run(model, { prompt, steps }) {
		if (prompt.includes("outage")) throw new Error("5007: no such model, secret detail");
		return { image: btoa(JSON.stringify({ model, prompt, steps })) };
	}
}

export default { fetch: () => new Response("Workers AI", { status: 404 }) };
