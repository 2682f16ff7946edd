/** What all fuzz tests have in common: how much they try, and what must hold of every answer and every line of the log. */
import fc from "fast-check";
import { expect, inject, vi } from "vitest";

declare module "vitest" {
	interface ProvidedContext {
		/** How many inputs each test tries, and the seed they come from. */
		fuzz: { readonly runs: number; readonly seed: number };
	}
}

/** Longer than the server waits for anything that these tests can ask for. */
const DEADLINE_MILLISECONDS = 10_000;

/**
 * Tries a property with many inputs. `npm test` tries the same few each time, `npm run fuzz` others, and more.
 *
 * @param share of the runs, for properties that take long
 */
export async function tryMany<T>(
	inputs: fc.Arbitrary<T>,
	property: (input: T) => Promise<void>,
	share = 1,
): Promise<void> {
	const { runs, seed } = inject("fuzz");
	const numRuns = Math.max(1, Math.floor(runs * share));
	await fc.assert(fc.asyncProperty(inputs, property), { numRuns, seed, endOnFailure: true });
}

/** Keeps the lines of the log while something runs, and checks that each is JSON. */
export async function withLog<T>(run: () => Promise<T>): Promise<T> {
	const lines: string[] = [];
	const spies = (["log", "info", "warn", "error", "debug"] as const).map((method) =>
		vi.spyOn(console, method).mockImplementation((...parts) => void lines.push(parts.join(" "))),
	);
	try {
		return await run();
	} finally {
		for (const spy of spies) spy.mockRestore();
		for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow();
	}
}

/** Checks an answer, and reads it. */
export async function checkAnswer(answer: Promise<Response>): Promise<string> {
	const deadline = Promise.withResolvers<never>();
	const timer = setTimeout(() => deadline.reject(new Error("No answer within the deadline")), DEADLINE_MILLISECONDS);
	try {
		const response = await Promise.race([answer, deadline.promise]);
		expect(response.status).toBeLessThan(500);
		if (response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
			await response.body?.cancel();
			return "";
		}
		const text = await Promise.race([response.text(), deadline.promise]);
		// An answer to HEAD has none.
		const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
		if (isJson && text !== "") JSON.parse(text);
		return text;
	} finally {
		clearTimeout(timer);
	}
}

/** Texts that parsers stumble over. */
export const oddText = fc.oneof(
	fc.string({ unit: "binary", maxLength: 60 }),
	fc.string({ unit: "grapheme", maxLength: 60 }),
	fc.constantFrom(
		"",
		"null",
		"__proto__",
		"constructor",
		"../..",
		"%00",
		"\u202E",
		"a:b:c",
		":::",
		"~1.x",
		"{}",
		"[]",
		"-1",
		"1e400",
		"x".repeat(2000),
	),
);

/** What a header can hold. */
export const headerText = fc.oneof(
	fc.string({ unit: "grapheme-ascii", maxLength: 60 }),
	fc.constantFrom("", "*/*", "text/html", "application/json", "Bearer", "Bearer x", "Bearer a:b:c~1.x", "Basic Og=="),
);
