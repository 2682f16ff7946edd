/** What runs a Worker for the bench. */

export type Worker = {
	readonly name: string;
	/** Its `wrangler.jsonc`. */
	readonly config: string;
	/** Its entry point, if not the one that its `wrangler.jsonc` names. */
	readonly main?: string;
	readonly vars?: Record<string, string>;
};

/** A Worker that answers, until it is disposed of. */
export type Running = AsyncDisposable & {
	readonly origin: string;
	/** Where its Durable Objects are stored. */
	readonly storage: string;
	/** The process of the Worker alone; undefined where there is none. */
	readonly pid: number | undefined;
};

/** @param folder for what it stores and builds, of this Worker alone */
export type Runtime = (worker: Worker, folder: string) => Promise<Running>;

/** Starts a Worker of the bench; a counted one answers at COUNTS_PATH, too. */
export type Start = (worker: Worker, isCounted?: boolean) => Promise<Running>;
