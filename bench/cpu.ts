/** The processor time of a process: unlike a clock, it leaves out what else the machine does. */
import { readFile } from "node:fs/promises";

/** Linux counts in hundredths of a second, whatever the processor does. */
const MILLISECONDS_A_TICK = 10;

/** @returns milliseconds since the process started; undefined where Linux does not say */
export async function cpuMilliseconds(pid: number | undefined): Promise<number | undefined> {
	const line = pid === undefined ? undefined : await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
	// After the name, which may have spaces; the 14th and 15th field of all.
	const fields = line?.slice(line.lastIndexOf(")") + 2).split(" ");
	return fields && (Number(fields[11]) + Number(fields[12])) * MILLISECONDS_A_TICK;
}
