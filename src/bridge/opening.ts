/** Reads the opening of a pipe. */
import type { Opening } from "./contract.ts";

/** @returns undefined if the opening is not valid */
export function readOpening(header: string | string[] | undefined): Opening | undefined {
	if (typeof header !== "string") return undefined;
	let value: unknown;
	try {
		value = JSON.parse(decodeURIComponent(header));
	} catch {
		return undefined;
	}
	const { child, isNew, user } = Object(value);
	const { id, login, permissions } = Object(user);
	const isWhole = [child, id, login, permissions].every(isText) && typeof isNew === "boolean";
	return isWhole && child !== "" && id !== "" ? { child, isNew, user: { id, login, permissions } } : undefined;
}

/** An environment variable cannot hold a null character, and a line break in one could forge lines of a log. */
function isText(value: unknown): boolean {
	return typeof value === "string" && [...value].every((character) => character >= " ");
}
