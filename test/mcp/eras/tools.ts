/** Tools: each kind of answer and refusal, and the questions of those that ask the user. */
import type { Elicited } from "../../support/eras.ts";
import { QUESTION } from "../../support/fixture/asking.ts";
import { holdNamed, newHold } from "../../support/fixture/control.ts";
import { call, callWithoutScope, type Row } from "../../support/rows/row.ts";
import { answer, error, failed, type Message, said } from "../../support/wire.ts";

const INVALID = "Input validation error: Invalid arguments for tool";
const NO_OBJECT = "Invalid params: arguments: expected object, received string";
const text = (text: string) => ({ content: [{ type: "text", text }] });

const CALLER = call(
	"good",
	"says who and what",
	"caller",
	{},
	said("eras@example.com", {
		id: "local-eras@example.com",
		provider: "local",
		login: "eras@example.com",
		name: "eras",
		permissions: ["image_generation"],
		scopes: ["tools", "identity", "notes", "images"],
	}),
);

/** Released before it is called, as often as it is. */
const held = newHold();
const released = async () => holdNamed(held.name)?.release();

const accept = (content: Message): Elicited => ({ action: "accept", content });
const asked = (what: string, answers: Elicited[], expected: Row["expected"], args: Message = {}): Row =>
	call("good", what, "ask", args, expected, { answers, question: { mode: "form", ...QUESTION } });
const NOT_SAID = failed("The user did not say a word.");
const CANNOT_ASK = failed("This client cannot ask its user.");

export const TOOL_ROWS: Row[] = [
	call("good", "answers, with data", "echo", { text: "hello" }, said("hello", { text: "hello" })),
	call("good", "passes over arguments it does not know", "echo", { text: "a", b: 1 }, said("a", { text: "a" })),
	call("good", "answers a deployed server's user", "echo", { text: "hello" }, said("hello", { text: "hello" }), {
		isDeployed: true,
	}),
	call(
		"bad input",
		"of another type",
		"echo",
		{ text: 7 },
		failed(`${INVALID} echo: text: Invalid input: expected string, received number`),
	),
	call(
		"bad input",
		"left out",
		"echo",
		{},
		failed(`${INVALID} echo: text: Invalid input: expected string, received undefined`),
	),
	call("bad input", "no object", "echo", "text", error(-32602, NO_OBJECT)),
	callWithoutScope("tools", "echo", { text: "hello" }),

	CALLER,
	call(
		"good",
		"says that a user has no permissions",
		"caller",
		{},
		said("eras@example.com", {
			id: "local-eras@example.com",
			provider: "local",
			login: "eras@example.com",
			name: "eras",
			permissions: [],
			scopes: ["tools", "identity", "notes"],
		}),
		{ permissions: [] },
	),
	{ ...CALLER, what: "without arguments", params: { name: "caller" } },
	call("bad input", "no object", "caller", "text", error(-32602, NO_OBJECT)),
	callWithoutScope("identity", "caller", {}),

	call(
		"good",
		"has no token to send",
		"order",
		{},
		answer({ content: [], structuredContent: { status: 0, body: {} } }),
	),
	call("bad input", "no object", "order", "text", error(-32602, NO_OBJECT)),
	callWithoutScope("identity", "order", {}),

	call("good", "answers without data", "guarded", {}, answer(text("Come in."))),
	call("good", "takes an argument that has a default", "guarded", { count: 2 }, answer(text("Come in. Come in."))),
	call(
		"bad input",
		"out of bounds",
		"guarded",
		{ count: 4 },
		failed(`${INVALID} guarded: count: Too big: expected number to be <=3`),
	),
	call(
		"no permission",
		"a user who may not",
		"guarded",
		{},
		failed(
			'guarded needs the permission "image_generation", which eras@example.com does not have on this server. Sign in again and tick it.',
		),
		{ permissions: [] },
	),
	call(
		"no permission",
		"a user who may not, on a deployed server",
		"guarded",
		{},
		failed(
			'guarded needs the permission "image_generation", which dora does not have on this server. Ask the administrator for it.',
		),
		{ permissions: [], isDeployed: true },
	),
	callWithoutScope("images", "guarded", {}),

	call("good", "answers with data alone", "fail", { how: "not at all" }, said([], { count: 0 })),
	call("refused", "refuses with a sentence", "fail", { how: "refuse" }, failed("The shop is closed. Try tomorrow.")),
	call(
		"crash",
		"fails with the request id",
		"fail",
		{ how: "crash" },
		failed("fail failed unexpectedly. Contact the server's administrator and mention request ID <id>."),
	),
	call(
		"bad input",
		"in no such way",
		"fail",
		{ how: "softly" },
		failed(`${INVALID} fail: how: Invalid option: expected one of "refuse"|"crash"|"lie"|"not at all"`),
	),
	callWithoutScope("tools", "fail", { how: "refuse" }),

	call(
		"good",
		"tells its progress and a line to those who listen",
		"report",
		{ text: "hello" },
		said("hello", { text: "hello" }),
	),
	call(
		"bad input",
		"left out",
		"report",
		{},
		failed(`${INVALID} report: text: Invalid input: expected string, received undefined`),
	),
	callWithoutScope("tools", "report", { text: "hello" }),

	call("good", "answers when it is released", "hold", { name: held.name }, answer(text("Released.")), {
		prepare: released,
	}),
	call(
		"bad input",
		"left out",
		"hold",
		{},
		failed(`${INVALID} hold: name: Invalid input: expected string, received undefined`),
	),
	callWithoutScope("tools", "hold", { name: held.name }),

	call(
		"good",
		"answers when it is released",
		"redraw",
		{ name: held.name },
		answer({ content: [...text("Drawn for nobody.").content, ...text("").content] }),
		{ prepare: released },
	),
	call(
		"bad input",
		"left out",
		"redraw",
		{},
		failed(`${INVALID} redraw: name: Invalid input: expected string, received undefined`),
	),
	call(
		"no permission",
		"a user who may not",
		"redraw",
		{ name: held.name },
		failed(
			'redraw needs the permission "image_generation", which eras@example.com does not have on this server. Sign in again and tick it.',
		),
		{ permissions: [] },
	),
	callWithoutScope("images", "redraw", { name: held.name }),

	call(
		"good",
		"asks nothing that it knows",
		"plan",
		{ who: "Ada", known: { city: "Lisbon", days: 3 } },
		answer(text("Ada: 3 days in Lisbon.")),
	),
	call(
		"bad input",
		"left out",
		"plan",
		{},
		failed(`${INVALID} plan: who: Invalid input: expected string, received undefined`),
	),
	callWithoutScope("tools", "plan", { who: "Ada" }),

	call("good", "announces a change", "announce", { lists: ["tools"] }, answer(text("Announced."))),
	call(
		"bad input",
		"of no such list",
		"announce",
		{ lists: ["fly"] },
		failed(`${INVALID} announce: lists.0: Invalid option: expected one of "tools"|"prompts"|"resources"`),
	),
	callWithoutScope("tools", "announce", {}),

	asked("a user who answers", [accept({ word: " yes " })], said("yes.", { word: "yes", asked: 1 })),
	asked(
		"a user who answers nothing at first",
		[accept({ word: "  " }), accept({ word: "yes" })],
		said("yes.", { word: "yes", asked: 2 }),
	),
	asked(
		"a user who is asked several times",
		[accept({ word: "one" }), accept({ word: "two" }), accept({ word: "three" })],
		said("three.", { word: "three", asked: 3 }),
		{ rounds: 3 },
	),
	asked("a user who declines", [{ action: "decline" }], NOT_SAID),
	asked("a user who cancels", [{ action: "cancel" }], NOT_SAID),
	call("refused", "a client that cannot ask", "ask", {}, CANNOT_ASK),
	call("refused", "a client that shows web pages only", "ask", {}, CANNOT_ASK, {
		capabilities: { elicitation: { url: {} } },
	}),
	call(
		"bad input",
		"no rounds",
		"ask",
		{ rounds: 0 },
		failed(`${INVALID} ask: rounds: Too small: expected number to be >=1`),
	),
	callWithoutScope("tools", "ask", {}),

	{
		what: "a tool that does not exist",
		method: "tools/call",
		params: { name: "fly", arguments: {} },
		expected: error(-32602, "Tool fly not found"),
	},
	{
		what: "a tool without a name",
		method: "tools/call",
		params: { arguments: {} },
		expected: error(-32602, "Invalid params: name: expected string, received undefined"),
	},
	{ what: "a method that does not exist", method: "tools/fly", expected: error(-32601, "Method not found") },
];
