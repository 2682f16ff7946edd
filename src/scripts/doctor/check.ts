/** What a check is, and what it finds. */
import type { Target } from "./target.ts";

export type Status = "ok" | "warning" | "fault" | "skipped";

export type Finding = {
	/** A fault breaks a client. A warning breaks some clients, or is against a recommendation. */
	readonly status: Status;
	/** What was seen, with the request. */
	readonly what: string;
	/** What to do next. */
	readonly do?: string;
	/** The specification's section, or the client. */
	readonly source?: string;
};

export type Check = {
	readonly id: string;
	readonly title: string;
	run(target: Target): AsyncIterable<Finding>;
};

export const ok = (what: string): Finding => ({ status: "ok", what });
export const skipped = (what: string): Finding => ({ status: "skipped", what });
export const warning = (what: string, advice: string, source: string): Finding => {
	return { status: "warning", what, do: advice, source };
};
export const fault = (what: string, advice: string, source: string): Finding => {
	return { status: "fault", what, do: advice, source };
};
