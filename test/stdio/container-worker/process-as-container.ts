/** What the runtime gives an object with a container, for a process that a host outside of the runtime starts and ends. */
type StartOptions = { readonly env?: Readonly<Record<string, string>> };

export class ProcessAsContainer {
	running = false;
	readonly #host: string;
	readonly #name: string;
	#started: Promise<string> = Promise.reject(new Error("not started"));
	#ended: Promise<unknown> = Promise.resolve();

	constructor(host: string, name: string) {
		this.#host = `${host}/${encodeURIComponent(name)}`;
		this.#name = name;
		this.#started.catch(() => {});
	}

	start({ env = {} }: StartOptions): void {
		this.running = true;
		this.#started = this.#ask("start", env);
		this.#ended = this.#started
			.then(() => this.#ask("wait"))
			.finally(() => {
				this.running = false;
			});
	}

	async monitor(): Promise<void> {
		await this.#ended;
	}

	signal(signal: number): void {
		void this.#ask("signal", { signal: String(signal) });
	}

	async destroy(): Promise<void> {
		await this.#ask("signal", { signal: "9" });
	}

	getTcpPort(_port: number) {
		return {
			fetch: async (url: string, init: Request | RequestInit) => {
				const origin = await this.#started;
				return fetch(origin + new URL(url).pathname, init);
			},
		};
	}

	/** @returns what the host says */
	async #ask(what: string, body: Readonly<Record<string, string>> = {}): Promise<string> {
		const response = await fetch(`${this.#host}/${what}`, { method: "POST", body: JSON.stringify(body) });
		if (!response.ok) throw new Error(`${this.#name}: ${await response.text()}`);
		return response.text();
	}
}
