/** Runs work one after the other, for each name on its own. */
export class Turns {
	/** The end of the last work of each name. */
	readonly #ends = new Map<string, Promise<unknown>>();

	/** Runs work after all earlier work of the same name, whether that succeeded or not. */
	run<T>(name: string, work: () => Promise<T>): Promise<T> {
		const before = this.#ends.get(name) ?? Promise.resolve();
		const done = before.then(work);
		const end = done.catch(() => {});
		this.#ends.set(name, end);
		void end.then(() => {
			if (this.#ends.get(name) === end) this.#ends.delete(name);
		});
		return done;
	}
}
