/** Limits on the bodies of requests: their size, and the time that a client may take to send one. */
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import type { AppEnv } from "../app-env.ts";
import { readSettings } from "../auth/settings.ts";
import { LateError, within } from "../within.ts";
import { refuse } from "./answers.tsx";

/**
 * Refuses larger bodies with 413. A body without a Content-Length is counted while it is read: Hono's own middleware
 * reads it into memory first, even if the request is not let in.
 *
 * @param what for the sentence, such as "The request"
 */
export const limitBody = (maxBytes: number, what: string) =>
	createMiddleware<AppEnv>(async (c, next) => {
		const { body, headers } = c.req.raw;
		if (!body) return next();
		const tooLarge = () => refuse(c, 413, `${what} is larger than ${sizeOf(maxBytes)}.`);
		const length = headers.get("Content-Length");
		if (length !== null) return Number(length) > maxBytes ? tooLarge() : next();
		let size = 0;
		const counter = new TransformStream<Uint8Array, Uint8Array>({
			transform(chunk, controller) {
				size += chunk.length;
				if (size > maxBytes) controller.error(new Error("The request is too large"));
				else controller.enqueue(chunk);
			},
		});
		c.req.raw = new Request(c.req.raw, { body: body.pipeThrough(counter) });
		await next();
		// Whatever its reader made of the error.
		if (size > maxBytes) c.res = await tooLarge();
		return undefined;
	});

function sizeOf(bytes: number): string {
	const kibibytes = bytes / 1024;
	return kibibytes < 1024 ? `${kibibytes} KiB` : `${kibibytes / 1024} MiB`;
}

/**
 * @param read reads the body
 * @throws HTTPException 408 if the body has not arrived within REQUEST_TIMEOUT_SECONDS; otherwise what `read` throws
 */
export async function readBody<T>(env: object, read: () => Promise<T>): Promise<T> {
	const { requestTimeoutSeconds: seconds } = readSettings(env);
	try {
		return await within(seconds, "The request", read());
	} catch (cause) {
		if (!(cause instanceof LateError)) throw cause;
		const message = `The request did not arrive within ${seconds} s. Send it again.`;
		throw new HTTPException(408, { message, cause });
	}
}
