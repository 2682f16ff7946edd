/** Checks, before a deployment, that users can sign in after it. */
import type { WorkerCode } from "../worker-code.ts";
import type { Plan } from "./plan.ts";

const SET_UP = "Set it up: npm run setup -- --remote";

/** @returns the identity providers that the server then has, if it uses any */
export function providersOf({ providers, wayIn }: WorkerCode, { names }: Plan): WorkerCode["providers"] {
	if (typeof wayIn({}) === "string") return [];
	return providers.filter(({ required }) => required.every((name) => names.has(name)));
}

/** @returns a sentence for each setting with which the server would answer every request with an error */
export function findWrongSettings(code: WorkerCode, { upload, names, isComplete }: Plan): string[] {
	const { problems } = code.examine(Object.fromEntries(upload), false);
	const wrong = problems.filter((sentence) => [...upload.keys()].some((name) => sentence.startsWith(`${name} `)));
	if (!isComplete || typeof code.wayIn({}) === "string") return wrong;
	const incomplete = code.providers.flatMap(({ title, required }) => {
		const missing = required.filter((name) => !names.has(name));
		if (missing.length === 0 || missing.length === required.length) return [];
		return [`${missing.join(" and ")} of ${title}: not set, although other keys of it are. ${SET_UP}`];
	});
	return [...wrong, ...incomplete];
}

/** @returns why no user could sign in; undefined if users can */
export function explainNoSignIn(code: WorkerCode, plan: Plan): string | undefined {
	if (typeof code.wayIn({}) === "string" || providersOf(code, plan).length > 0) return undefined;
	return `There is no identity provider, so no user could sign in. ${SET_UP}`;
}
