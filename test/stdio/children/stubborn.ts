/** Ends for nothing but SIGKILL, and so does the process that it starts, as `npx` does. */
import { spawn } from "node:child_process";

process.on("SIGTERM", () => {});
setInterval(() => {}, 1000);
if (process.argv.length === 2) {
	const { pid } = spawn(process.execPath, [import.meta.filename, "grandchild"], { stdio: "inherit" });
	console.error(`grandchild ${pid}`);
}
