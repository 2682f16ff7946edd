/** `npm run doctor -- <url>`: checks a remote MCP server of any vendor, as its clients would use it. */
import { spawn } from "node:child_process";
import { parseCommand } from "../command.ts";
import { type ExamineOptions, examine } from "./examine.ts";
import { describe } from "./report.ts";

const HELP = `Checks a remote MCP server, of any vendor, as its clients would use it.

  npm run doctor -- URL [flags]      (or: npx mcp-doctor URL [flags])

  --sign-in            signs in with your browser, and checks with the token, which is revoked in the end
  --no-open            prints the sign-in page's address, and opens no browser
  --token T            an access token or API key, for the checks that need one; better in DOCTOR_TOKEN
  --no-register        registers no client
  --client-document U  a public client metadata document, to be tried as a client
  --timeout S          how many seconds the server may take for one answer; 10 if left out
  --json               prints the report as JSON

Exit code: 0 if no fault was found, 1 if there are faults, 2 if the server cannot be reached or the command is wrong.`;

const OPTIONS = {
	"sign-in": { type: "boolean" },
	"no-open": { type: "boolean" },
	token: { type: "string" },
	"no-register": { type: "boolean" },
	"client-document": { type: "string" },
	timeout: { type: "string" },
	json: { type: "boolean" },
	help: { type: "boolean" },
} as const;

const FAULTS = 1;
const NOT_EXAMINED = 2;
const MAX_SECONDS = 600;

const interrupted = new AbortController();
// A second Ctrl-C ends the process as usual.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupted.abort());

try {
	process.exitCode = await run();
} catch (error) {
	if (interrupted.signal.aborted) console.error("Stopped.");
	else console.error(error instanceof Error ? error.message : error);
	process.exitCode = NOT_EXAMINED;
}

/** @returns the exit code */
async function run(): Promise<number> {
	const { values, positionals } = parseCommand({ script: "doctor", help: HELP, options: OPTIONS });
	if (values.help) {
		console.log(HELP);
		return 0;
	}
	const [url, ...more] = positionals;
	if (url === undefined) throw new Error(`Give the address of a server.\n\n${HELP}`);
	if (more.length > 0) throw new Error(`What is ${more.join(" ")}?\n\n${HELP}`);
	const report = await examine(url, optionsOf(values));
	console.log(values.json ? JSON.stringify(report, undefined, 2) : describe(report));
	if (!report.reached) return NOT_EXAMINED;
	return report.counts.fault > 0 ? FAULTS : 0;
}

type Values = ReturnType<typeof parseCommand<typeof OPTIONS>>["values"];

function optionsOf(values: Values): ExamineOptions {
	const seconds = Number(values.timeout ?? 10);
	if (!(seconds > 0 && seconds <= MAX_SECONDS)) throw new Error(`--timeout takes seconds, up to ${MAX_SECONDS}.`);
	const token = (values.token ?? process.env.DOCTOR_TOKEN ?? "").trim();
	if (!/^[!-~]*$/.test(token)) throw new Error("The token has characters that no header can hold.");
	const document = values["client-document"];
	return {
		timeoutMilliseconds: seconds * 1000,
		signal: interrupted.signal,
		noRegister: values["no-register"] === true,
		...(token !== "" && { token }),
		...(document !== undefined && { clientDocument: document }),
		...(values["sign-in"] && { onAuthorize: (page) => show(page, values["no-open"] !== true) }),
	};
}

/** Standard output is the report's. */
function show(page: string, opens: boolean): void {
	console.error(`Sign in on this page:\n\n  ${page}\n`);
	if (!opens) return;
	const [command, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
	// Where there is no browser, the person opens the page.
	spawn(command ?? "", [...args, page], { stdio: "ignore", detached: true })
		.on("error", () => {})
		.unref();
}

const OPENERS: Partial<Record<NodeJS.Platform, string[]>> = {
	darwin: ["open"],
	win32: ["rundll32", "url.dll,FileProtocolHandler"],
};
