/** What the views of tools share: the connection to the host, its colours, and how an error looks. */
import "./strict-policy.ts";
import type { CallToolResult } from "@modelcontextprotocol/client";
import {
	App,
	applyDocumentTheme,
	applyHostFonts,
	applyHostStyleVariables,
	type McpUiHostContext,
} from "@modelcontextprotocol/ext-apps";
import { h } from "./element.ts";

type Shown = {
	/** For screen readers, and for the host. */
	readonly title: string;
	readonly elements: readonly HTMLElement[];
	/** Says what is going on. */
	readonly status: HTMLElement;
	/** Shows a result that is no error. */
	show(result: CallToolResult): void | Promise<void>;
	/** Called when the host has said what it can do. */
	ready?(app: App): void;
};

export const statusLine = () => h("p", { role: "status", className: "muted" }, "Waiting for the result…");

export function say(status: HTMLElement, sentence: string, isProblem = false): void {
	status.classList.toggle("problem", isProblem);
	status.textContent = sentence;
}

/** Shows a result, or the sentence of an error. */
export async function showResult(result: CallToolResult, { show, status }: Pick<Shown, "show" | "status">) {
	try {
		if (result.isError) return say(status, textOf(result), true);
		status.classList.remove("problem");
		await show(result);
	} catch (error) {
		reportError(error);
		say(status, "The result cannot be shown here.", true);
	}
}

export function textOf({ content }: CallToolResult): string {
	return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}

/** Opens the view. The host then sends the arguments of the call, and its result. */
export async function openView(shown: Shown): Promise<App> {
	const { title, elements, status, ready } = shown;
	document.title = title;
	document.body.append(h("main", {}, h("h1", { className: "hidden" }, title), ...elements, status));
	const app = new App({ name: title, version: "1.0.0" }, {}, { autoResize: true });
	app.ontoolresult = (result) => void showResult(result, shown);
	app.ontoolcancelled = () => {
		status.textContent = "The call was cancelled.";
	};
	app.onhostcontextchanged = adopt;
	app.onteardown = async () => ({});
	await app.connect();
	adopt(app.getHostContext() ?? {});
	ready?.(app);
	return app;
}

function adopt({ theme, styles }: McpUiHostContext): void {
	if (theme) applyDocumentTheme(theme);
	if (styles?.variables) applyHostStyleVariables(styles.variables);
	if (styles?.css?.fonts) applyHostFonts(styles.css.fonts);
}
