/** The program of the playground: signed out, connecting, or connected in one of three ways. */
import "../../browser/strict-policy.ts";
import { auth, UnauthorizedError } from "@modelcontextprotocol/client";
import { h } from "../../browser/element.ts";
import { type Connection, connect, createTransport, isWay, WAYS, type Way } from "./connection.ts";
import { keepDraft, restoreDraft } from "./draft.ts";
import { sentenceOf } from "./errors.ts";
import { Messages } from "./messages.ts";
import { BrowserOAuth } from "./oauth.ts";
import { problem } from "./result.ts";
import { revoke } from "./revoke.ts";
import { RunningCalls } from "./running-calls.ts";
import { Sections } from "./sections.ts";

const WAY_KEY = "playground:way";
const ENDED = "Your access has ended. Sign in again.";

const root = document.querySelector("#playground") ?? document.body;
const { origin, pathname } = location;
const oauth = new BrowserOAuth({
	redirectUrl: origin + pathname,
	clientName: "Playground",
	session: sessionStorage,
	lasting: localStorage,
	// The page uses each endpoint of this server: a token names what covers them all (RFC 8707 section 2).
	resource: new URL(origin),
	redirect: (url) => location.assign(url),
});

/** What is open or being opened: one at a time. */
let current: { readonly aborter: AbortController; connection?: Connection } | undefined;

// A browser that goes back may show the page as it was left, in the middle of a sign-in.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
await start();

async function start(): Promise<void> {
	const parameters = new URLSearchParams(location.search);
	history.replaceState(null, "", pathname);
	if (oauth.isReturn(parameters)) {
		try {
			await createTransport(target()).finishAuth(parameters);
		} catch (error) {
			return showSignIn(`The sign-in did not succeed. ${sentenceOf(error)}`);
		}
	}
	if (oauth.hasTokens) await open();
	else showSignIn();
}

function target() {
	const stored = sessionStorage.getItem(WAY_KEY) ?? "";
	const way: Way = isWay(stored) ? stored : "stateless";
	return { url: new URL(WAYS[way].path, origin), way, authProvider: oauth };
}

function showSignIn(sentence?: string): void {
	const button = h("button", { type: "button", className: "primary" }, "Sign in");
	button.addEventListener("click", async () => {
		button.disabled = true;
		oauth.forgetTokens();
		oauth.forgetUnfinishedClient();
		oauth.allowRedirect();
		try {
			await auth(oauth, { serverUrl: target().url });
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
	void leave();
	const opened: NonNullable<typeof current> = { aborter: new AbortController() };
	current = opened;
	const { signal } = opened.aborter;
	const messages = new Messages();
	const calls = new RunningCalls();
	const sections = new Sections(calls, { signal, explain });
	root.replaceChildren(toolbar(), h("p", { role: "status" }, "Connecting…"));
	try {
		const connection = await connect({
			...target(),
			ask: calls.ask,
			onSent: (message) => messages.sent(message),
			onReceived: (message) => messages.received(message),
			onListChanged: () => void sections.update().catch(() => {}),
		});
		if (signal.aborted) return await connection.close();
		opened.connection = connection;
		await sections.show(connection.client);
		if (signal.aborted) return;
		root.replaceChildren(toolbar(connection), sections.element, messages.element);
		restoreDraft(sessionStorage, sections.cards);
	} catch (error) {
		if (signal.aborted) return;
		if (hasEnded(error)) return endAccess();
		const retry = h("button", { type: "button", className: "primary" }, "Try again");
		retry.addEventListener("click", () => void open());
		const sentence = problem(`The connection failed. ${sentenceOf(error)}`);
		root.replaceChildren(toolbar(), sentence, h("div", { className: "buttons" }, retry), messages.element);
	}
}

/** Cancels what still runs. */
async function leave(): Promise<void> {
	const left = current;
	current = undefined;
	left?.aborter.abort();
	await left?.connection?.close();
}

function endAccess(): void {
	oauth.forgetTokens();
	void leave();
	showSignIn(ENDED);
}

function toolbar(connection?: Connection): HTMLElement {
	const { way } = target();
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
	signOut.addEventListener("click", async () => {
		root.replaceChildren(h("p", { role: "status" }, "Signing out…"));
		// The goodbye to the server still needs the tokens.
		await leave();
		await revoke(oauth);
		oauth.forgetTokens();
		showSignIn();
	});
	const version = connection?.client.getNegotiatedProtocolVersion();
	return h(
		"div",
		{ className: "toolbar" },
		h("p", {}, "Open a tool, fill it in, and press its button."),
		signOut,
		h("label", { htmlFor: "way", className: "note" }, "Protocol"),
		choice,
		h("p", { className: "muted note", role: "status" }, version === undefined ? "" : `Connected with ${version}.`),
	);
}

/** Says what happened. If the access has ended, the page asks for another sign-in, and keeps what was typed. */
function explain(error: unknown, card: HTMLElement): string {
	if (!hasEnded(error)) return sentenceOf(error);
	keepDraft(sessionStorage, card);
	endAccess();
	return ENDED;
}

function hasEnded(error: unknown): boolean {
	return UnauthorizedError.isInstance(error) && !oauth.canRefresh;
}
