/** npm, as the scripts that it runs see it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

type Process = { readonly parent: number; readonly command: string };

/** A process of this computer; undefined, if it cannot be looked at. */
function lookAt(pid: number): Process | undefined {
	try {
		// Not every Linux has ps, and no other system has this.
		const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
		return { parent, command: readFileSync(`/proc/${pid}/cmdline`, "utf8") };
	} catch {}
	try {
		const line = execFileSync("ps", ["-o", "ppid=,command=", "-p", String(pid)], { encoding: "utf8" }).trim();
		return { parent: Number.parseInt(line, 10), command: line.replace(/^\d+\s+/, "") };
	} catch {
		return undefined;
	}
}

/** @returns the npm that runs this script, mostly through a shell; undefined, if there is none to be found */
export function findNpm(): number | undefined {
	if (process.env.npm_lifecycle_event === undefined) return undefined;
	const parent = lookAt(process.ppid);
	if (parent?.command.startsWith("npm")) return process.ppid;
	return parent && lookAt(parent.parent)?.command.startsWith("npm") ? parent.parent : undefined;
}

/** How this script was started with npm, for sentences that say what to type. */
export function npmCommand(): string {
	const script = process.env.npm_lifecycle_event ?? "start";
	return script === "start" ? "npm start" : `npm run ${script}`;
}

/**
 * Whether npm was given a flag in front of `--` and kept it: npm 10 and 11 hand it on as a variable of the environment.
 *
 * @returns its value, "true" where npm took it for a switch; undefined, if npm got no such flag, or the variable was there
 *   before npm
 */
export function flagKeptByNpm(name: string, npm: number | undefined): string | undefined {
	const variable = `npm_config_${name.replaceAll("-", "_")}`;
	const value = process.env[variable];
	if (value === undefined || process.env.npm_lifecycle_event === undefined) return undefined;
	return npm !== undefined && hadVariable(npm, variable) ? undefined : value;
}

/** Whether a process was started with a variable; false where the system does not tell. */
function hadVariable(pid: number, name: string): boolean {
	try {
		const variables = readFileSync(`/proc/${pid}/environ`, "utf8").toLowerCase().split("\0");
		return variables.some((variable) => variable.startsWith(`${name}=`));
	} catch {
		return false;
	}
}
