/** The program of the playground. */
import "./strict-policy.ts";
import { auth, type Client, UnauthorizedError } from "@modelcontextprotocol/client";
import { type CallControl, card, type Item } from "./calls.ts";
import { CALL_OPTIONS, connect, createTransport, isWay, WAYS, type Way } from "./connection.ts";
import { h } from "./element.ts";
import { Messages } from "./messages.ts";
import { BrowserOAuth } from "./oauth.ts";
import { askIn } from "./questions.ts";
import { problem, promptResult, resourceResult, toolResult } from "./result.ts";
import { schemaForm } from "./schema-form.ts";

const WAY_KEY = "playground:way";
const ENDED = "Your access has ended. Sign in again.";

const root = document.querySelector("#playground") ?? document.body;
const { origin, pathname } = location;
const oauth = new BrowserOAuth({
	redirectUrl: origin + pathname,
	clientName: "Playground",
	session: sessionStorage,
	lasting: localStorage,
	redirect: (url) => location.assign(url),
});

/** The call that a question belongs to: one at a time may ask. */
let asking: CallControl | undefined;
let client: Client | undefined;

await start();

async function start(): Promise<void> {
	const parameters = new URLSearchParams(location.search);
	history.replaceState(null, "", pathname);
	if (oauth.isReturn(parameters)) {
		try {
			await createTransport({ ...settings(), onSent: () => {} }).finishAuth(parameters);
		} catch (error) {
			return showSignIn(`The sign-in did not succeed. ${sentenceOf(error)}`);
		}
	}
	if (oauth.hasTokens) await open();
	else showSignIn();
}

function settings() {
	const stored = sessionStorage.getItem(WAY_KEY) ?? "";
	const way: Way = isWay(stored) ? stored : "stateless";
	return {
		url: new URL(WAYS[way].path, origin),
		way,
		authProvider: oauth,
		ask: async (question: Parameters<typeof askIn>[1], signal: AbortSignal) =>
			asking ? askIn(asking.place, question, AbortSignal.any([signal, asking.signal])) : { action: "decline" as const },
	};
}

function showSignIn(sentence?: string): void {
	const button = h("button", { type: "button", className: "primary" }, "Sign in");
	button.addEventListener("click", async () => {
		button.disabled = true;
		oauth.forgetTokens();
		oauth.forgetUnfinishedClient();
		oauth.allowRedirect();
		try {
			await auth(oauth, { serverUrl: settings().url });
		} catch (error) {
			showSignIn(`The sign-in could not begin. ${sentenceOf(error)}`);
		}
	});
	root.replaceChildren(
		h(
			"div",
			{ className: "card" },
			...(sentence === undefined ? [] : [problem(sentence)]),
			h("p", {}, "Try the tools of this server here, in your browser. Nothing is installed."),
			h(
				"p",
				{ className: "muted" },
				"The playground is an app like any other: you decide what it may do. It forgets its access when you sign out or close this tab.",
			),
			h("div", { className: "buttons" }, button),
		),
	);
}

async function open(): Promise<void> {
	await client?.close();
	client = undefined;
	const messages = new Messages();
	root.replaceChildren(h("p", { role: "status" }, "Connecting…"));
	try {
		const connected = await connect({
			...settings(),
			onSent: (message) => messages.sent(message),
			onReceived: (message) => messages.received(message),
		});
		client = connected;
		root.replaceChildren(toolbar(connected), ...(await sections(connected)), messages.element);
	} catch (error) {
		if (UnauthorizedError.isInstance(error)) return endAccess();
		root.replaceChildren(toolbar(), problem(`The connection failed. ${sentenceOf(error)}`), messages.element);
	}
}

function endAccess(): void {
	oauth.forgetTokens();
	void client?.close();
	client = undefined;
	showSignIn(ENDED);
}

function toolbar(connected?: Client): HTMLElement {
	const { way } = settings();
	const choice = h(
		"select",
		{ id: "way" },
		...Object.entries(WAYS).map(([name, { title }]) => h("option", { value: name, selected: name === way }, title)),
	);
	choice.addEventListener("change", () => {
		sessionStorage.setItem(WAY_KEY, choice.value);
		void open();
	});
	const signOut = h("button", { type: "button" }, "Sign out");
	signOut.addEventListener("click", () => {
		oauth.forgetTokens();
		void client?.close();
		client = undefined;
		showSignIn();
	});
	const version = connected?.getNegotiatedProtocolVersion();
	return h(
		"div",
		{ className: "toolbar" },
		h("div", { className: "field" }, h("label", { htmlFor: "way" }, "Protocol"), choice),
		signOut,
		h("p", { className: "muted note", role: "status" }, version === undefined ? "" : `Connected with ${version}.`),
	);
}

async function sections(connected: Client): Promise<HTMLElement[]> {
	const { tools, resources, prompts } = connected.getServerCapabilities() ?? {};
	const items: (readonly [string, readonly Item[]])[] = [];
	if (tools) items.push(["Tools", await toolItems(connected)]);
	if (resources) items.push(["Resources", await resourceItems(connected)]);
	if (prompts) items.push(["Prompts", await promptItems(connected)]);
	return items
		.filter(([, some]) => some.length > 0)
		.map(([title, some]) => h("section", {}, h("h2", {}, title), ...some.map(card)));
}

async function toolItems(connected: Client): Promise<Item[]> {
	const { tools } = await connected.listTools();
	return tools.map(({ name, title, description, inputSchema }) => ({
		name,
		title: title ?? name,
		description,
		verb: "Call",
		form: schemaForm(inputSchema),
		async call(args, control) {
			asking = control;
			const { signal, onprogress } = control;
			return toolResult(await connected.callTool({ name, arguments: args }, { ...CALL_OPTIONS, signal, onprogress }));
		},
		explain,
	}));
}

async function resourceItems(connected: Client): Promise<Item[]> {
	const { resources } = await connected.listResources();
	return resources.map(({ uri, name, title, description }) => ({
		name: uri,
		title: title ?? name,
		description,
		verb: "Read",
		form: schemaForm({}),
		call: async (_args, { signal }) => resourceResult(await connected.readResource({ uri }, { signal })),
		explain,
	}));
}

async function promptItems(connected: Client): Promise<Item[]> {
	const { prompts } = await connected.listPrompts();
	return prompts.map(({ name, title, description, arguments: given = [] }) => ({
		name,
		title: title ?? name,
		description,
		verb: "Get",
		form: schemaForm({
			properties: Object.fromEntries(given.map((one) => [one.name, { ...one, type: "string" }])),
			required: given.filter(({ required }) => required).map((one) => one.name),
		}),
		async call(args, control) {
			asking = control;
			const strings = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, String(value)]));
			return promptResult(await connected.getPrompt({ name, arguments: strings }, { signal: control.signal }));
		},
		explain,
	}));
}

/** Says what happened. If the access has ended, the page asks for another sign-in. */
function explain(error: unknown): string {
	if (!UnauthorizedError.isInstance(error)) return sentenceOf(error);
	endAccess();
	return ENDED;
}

function sentenceOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
