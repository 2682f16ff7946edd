/** The MCP Inspector's web page: a server on this computer, and what a user does on the page in a browser. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { FrameLocator, Page } from "playwright-core";
import { allowAndSignIn, type BrowserAnswers } from "./browser-sign-in.ts";
import { npmProgram } from "./command.ts";
import { findFreePort, waitFor } from "./server.ts";
import type { TemporaryHome } from "./temporary-home.ts";

const START_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 10_000;
const NPX = "npx @modelcontextprotocol/inspector ";

export type InspectorServer = {
	/** The address that it prints for the browser, with the key to its API. */
	readonly url: string;
	stop(): Promise<void>;
};

/**
 * Runs `npx @modelcontextprotocol/inspector …` with the installed package and this Node, without opening a browser.
 *
 * @throws Error with all that it printed, if it does not start
 */
export async function startInspectorServer(command: string, home: TemporaryHome): Promise<InspectorServer> {
	if (!command.startsWith(NPX)) throw new Error(`Not a command for the Inspector: ${command}`);
	const flags = command.slice(NPX.length).split(" ");
	const child = spawn(process.execPath, [npmProgram("mcp-inspector"), ...flags], {
		env: {
			...home.env,
			CLIENT_PORT: String(await findFreePort()),
			MCP_SANDBOX_PORT: "0",
			MCP_APP_ORIGIN_PORT: "0",
			MCP_AUTO_OPEN_ENABLED: "false",
			// Not the keychain of whoever runs the tests.
			MCP_INSPECTOR_SECRET_STORE: "file",
			// The generated types declare this Worker's settings as part of every environment.
		} as Record<string, string> as NodeJS.ProcessEnv,
		stdio: ["ignore", "pipe", "pipe"],
	});
	const closed = once(child, "close");
	const kill = () => child.kill("SIGKILL");
	process.once("exit", kill);
	const stop = async () => {
		const overdue = setTimeout(kill, STOP_MILLISECONDS);
		child.kill();
		await closed;
		clearTimeout(overdue);
		process.off("exit", kill);
	};

	let printed = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += chunk));
	const findUrl = () => /(http:\/\/\S+\?MCP_INSPECTOR_API_TOKEN=\S+)\s/.exec(printed)?.[1];
	const isReady = async () => findUrl() !== undefined || child.exitCode !== null;
	await waitFor("the Inspector to start", isReady, START_MILLISECONDS).catch(() => {});
	const url = findUrl();
	if (url !== undefined) return { url, stop };
	await stop();
	throw new Error(`The Inspector did not start. It printed:\n${printed}`);
}

/**
 * Switches the one server of the list on, allows what the Inspector asks for and signs in.
 *
 * @returns the version of the protocol that the page shows for the connection
 */
export async function connect(page: Page, answers: BrowserAnswers): Promise<string> {
	// The switch is drawn by its label; the keyboard reaches the control itself.
	await page.getByRole("switch", { name: "Connect or disconnect" }).press("Space");
	await allowAndSignIn(page, answers);
	await page.getByText("Connected", { exact: true }).waitFor();
	const shown = await page.getByText(/^MCP \d{4}-\d\d-\d\d$/).textContent();
	return shown?.slice("MCP ".length) ?? "";
}

/** Opens the tools, and returns the names in the list. */
export async function openTools(page: Page): Promise<string[]> {
	await page.getByText("Tools", { exact: true }).click();
	await page.getByRole("heading", { name: /^Tools \([1-9]\d*\)$/ }).waitFor();
	// A tool's button has its title and, below it, its name.
	return page.getByRole("button").locator("p:nth-of-type(2)").allTextContents();
}

/** Opens a tool's view with what is typed into its fields. @returns the view */
export async function openApp(
	page: Page,
	title: string,
	fields: Readonly<Record<string, string>>,
): Promise<FrameLocator> {
	await page.getByText("Apps", { exact: true }).click();
	await page.getByText(title, { exact: true }).click();
	for (const [name, value] of Object.entries(fields)) {
		await page.getByRole("textbox", { name, exact: true }).fill(value);
	}
	await page.getByRole("button", { name: "Open App" }).click();
	// Its sandbox is a page of its own, with the view in it.
	return page.frameLocator("iframe").frameLocator("iframe");
}

/** Calls a tool of the open list with what is typed into its fields, and waits for its answer. */
export async function execute(page: Page, tool: string, fields: Readonly<Record<string, string>>): Promise<void> {
	await page.getByText(tool, { exact: true }).click();
	for (const [name, value] of Object.entries(fields)) {
		await page.getByRole("textbox", { name, exact: true }).fill(value);
	}
	await page.getByRole("button", { name: "Execute Tool" }).click();
	await page.getByRole("heading", { name: "Results" }).waitFor();
}
