/** The sessions that ended most recently in this isolate. */

const MAX_ENDED = 1000;

export class EndedSessions {
	readonly #ids = new Set<string>();

	add(id: string): void {
		this.#ids.add(id);
		if (this.#ids.size <= MAX_ENDED) return;
		const [oldest] = this.#ids;
		if (oldest !== undefined) this.#ids.delete(oldest);
	}

	has(id: string): boolean {
		return this.#ids.has(id);
	}
}
