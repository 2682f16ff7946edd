/** Finds out how npm runs this script. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

type Process = { readonly parent: number; readonly command: string };

/** The parent and the command of a process; undefined if they cannot be read. */
function lookAt(pid: number): Process | undefined {
	try {
		// Not every Linux has ps, and other systems do not have /proc.
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

/** @returns the process id of the npm that runs this script, usually through a shell; undefined if not found */
export function findNpm(): number | undefined {
	if (process.env.npm_lifecycle_event === undefined) return undefined;
	const parent = lookAt(process.ppid);
	if (parent?.command.startsWith("npm")) return process.ppid;
	return parent && lookAt(parent.parent)?.command.startsWith("npm") ? parent.parent : undefined;
}

/** The npm command that started this script, for texts that show what to type. */
export function npmCommand(): string {
	const script = process.env.npm_lifecycle_event ?? "start";
	return script === "start" ? "npm start" : `npm run ${script}`;
}

/**
 * Finds a flag that npm got before `--` and did not pass on: npm 10 and 11 set it as an environment variable.
 *
 * @returns its value, or "true" if npm took it for a switch; undefined if npm got no such flag, or the variable was set
 *   before npm started
 */
export function flagKeptByNpm(name: string, npm: number | undefined): string | undefined {
	const variable = `npm_config_${name.replaceAll("-", "_")}`;
	const value = process.env[variable];
	if (value === undefined || process.env.npm_lifecycle_event === undefined) return undefined;
	return npm !== undefined && hadVariable(npm, variable) ? undefined : value;
}

/** Whether a process was started with a variable; false if the system does not show it. */
function hadVariable(pid: number, name: string): boolean {
	try {
		const variables = readFileSync(`/proc/${pid}/environ`, "utf8").toLowerCase().split("\0");
		return variables.some((variable) => variable.startsWith(`${name}=`));
	} catch {
		return false;
	}
}
