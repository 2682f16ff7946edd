/** Shows the result of a call on the tool's view: the host side of MCP Apps (`io.modelcontextprotocol/ui`). */
import type { CallToolRequest, CallToolResult, Tool } from "@modelcontextprotocol/client";
import {
	AppBridge,
	getToolUiResourceUri,
	type McpUiHostContext,
	type McpUiStyles,
	type McpUiStyleVariableKey,
	PostMessageTransport,
} from "@modelcontextprotocol/ext-apps/app-bridge";
import { h } from "../../browser/element.ts";
import { saveFile } from "./save-file.ts";

const SCHEME = "ui:/";
/** A view that has not started by then is taken for broken. */
const START_MILLISECONDS = 10_000;
const MAX_HEIGHT = 1600;

export type Shown = {
	readonly tool: Tool;
	readonly args: Record<string, unknown>;
	readonly result: CallToolResult;
	/** The same for clients without views. It is shown if the view does not start. */
	readonly plain: readonly HTMLElement[];
	/** Calls a tool for the view. */
	call(params: CallToolRequest["params"], signal: AbortSignal): Promise<CallToolResult>;
};

/** Where the server has the page of a tool's view; undefined if the tool has none. */
function pathOf(tool: Tool): string | undefined {
	const uri = getToolUiResourceUri(tool);
	return uri?.startsWith(SCHEME) ? uri.slice(SCHEME.length) : undefined;
}

/** A frame with the tool's view, and below it the result as other clients see it; only that if the tool has no view. */
export function viewOf(shown: Shown): readonly HTMLElement[] {
	const { tool, plain, result } = shown;
	const path = pathOf(tool);
	if (path === undefined || result.isError) return plain;
	const others = h("details", {}, h("summary", {}, "What apps without views show"), ...plain);
	return [new ViewFrame(path, shown, others), others];
}

/** Runs while it is on the page. */
class ViewFrame extends HTMLElement {
	readonly #path: string;
	readonly #shown: Shown;
	readonly #others: HTMLDetailsElement;
	#left: AbortController | undefined;

	constructor(path: string, shown: Shown, others: HTMLDetailsElement) {
		super();
		this.#path = path;
		this.#shown = shown;
		this.#others = others;
	}

	async connectedCallback(): Promise<void> {
		const { tool, args, result, call } = this.#shown;
		const left = new AbortController();
		this.#left = left;
		const title = `${tool.title ?? tool.name}: the result`;
		const frame = h("iframe", { title, attributes: { sandbox: "allow-scripts" } });
		this.replaceChildren(frame);
		const view = frame.contentWindow;
		if (!view) return;
		const capabilities = { serverTools: {}, downloadFile: {} };
		const bridge = new AppBridge(null, { name: "playground", version: "1.0.0" }, capabilities, {
			hostContext: { toolInfo: { tool }, ...surroundings() },
		});
		bridge.oncalltool = (params, { mcpReq }) => call(params, AbortSignal.any([mcpReq.signal, left.signal]));
		bridge.ondownloadfile = async ({ contents }) => ({ isError: !contents.every(saveFile) });
		bridge.onsizechange = ({ height }) => {
			if (height !== undefined) frame.style.height = `${Math.min(Math.ceil(height), MAX_HEIGHT)}px`;
		};
		const isLate = setTimeout(() => this.#giveUp(), START_MILLISECONDS);
		bridge.oninitialized = async () => {
			clearTimeout(isLate);
			await bridge.sendToolInput({ arguments: args });
			await bridge.sendToolResult(result);
		};
		const dark = matchMedia("(prefers-color-scheme: dark)");
		dark.addEventListener("change", () => bridge.setHostContext({ toolInfo: { tool }, ...surroundings() }), left);
		left.signal.addEventListener("abort", () => {
			clearTimeout(isLate);
			void bridge.close();
		});
		// From before the page runs: its first message is the one that opens the connection.
		await bridge.connect(new PostMessageTransport(view, view));
		frame.src = this.#path;
	}

	disconnectedCallback(): void {
		this.#left?.abort();
	}

	#giveUp(): void {
		this.#left?.abort();
		this.replaceChildren(h("p", { className: "muted" }, "The view of this tool did not start."));
		this.#others.open = true;
	}
}

customElements.define("tool-view", ViewFrame);

/** The colours of hosts, and which of the page's they are. */
const COLOURS: readonly (readonly [McpUiStyleVariableKey, string])[] = [
	["--color-background-primary", "--card"],
	["--color-text-primary", "--ink"],
	["--color-text-secondary", "--muted"],
	["--color-text-danger", "--problem-line"],
	["--color-border-primary", "--line"],
	["--color-ring-primary", "--accent"],
];

/** What a view may adapt to: the page's colours, and how and where people read. */
function surroundings(): McpUiHostContext {
	const style = getComputedStyle(document.documentElement);
	const colours = COLOURS.map(([theirs, ours]) => [theirs, style.getPropertyValue(ours).trim()] as const);
	return {
		styles: { variables: Object.fromEntries(colours) as McpUiStyles },
		theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
		displayMode: "inline",
		availableDisplayModes: ["inline"],
		platform: "web",
		locale: navigator.language,
		timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
	};
}
