/** The deadline of what the server waits for, other than calls. */

/** Something did not happen in time. */
export class LateError extends Error {
	/** @param what for the log, such as "Workers KV" */
	constructor(what: string, seconds: number) {
		super(`${what} took longer than ${seconds} s`);
	}
}

/**
 * Waits for work, for some seconds at most. The work itself goes on, and its later result or failure is ignored.
 *
 * @throws LateError at the deadline; until then, what the work throws
 */
export async function within<T>(seconds: number, what: string, work: PromiseLike<T>): Promise<T> {
	const late = Promise.withResolvers<never>();
	const timer = setTimeout(() => late.reject(new LateError(what, seconds)), seconds * 1000);
	try {
		return await Promise.race([work, late.promise]);
	} finally {
		clearTimeout(timer);
	}
}
