/** The tools that keep nothing. */

import { call, callWithoutScope, type Row } from "../support/rows/row.ts";
import { error, failed, said } from "../support/wire.ts";

const INVALID = "Input validation error: Invalid arguments for tool";
const NO_OBJECT = "Invalid params: arguments: expected object, received string";

const WHOAMI = call(
	"good",
	"says who and what",
	"whoami",
	{},
	said("Signed in as eras (eras@example.com) with local. Permissions: image_generation.", {
		id: "local-eras@example.com",
		provider: "local",
		login: "eras@example.com",
		name: "eras",
		email: "eras@example.com",
		permissions: ["image_generation"],
		scopes: ["tools", "identity", "notes", "images"],
	}),
);

export const TOOL_ROWS: Row[] = [
	call("good", "adds", "add", { a: 2, b: -0.5 }, said("1.5", { sum: 1.5 })),
	call("good", "passes over arguments it does not know", "add", { a: 1, b: 2, c: 3 }, said("3", { sum: 3 })),
	call(
		"bad input",
		"of another type",
		"add",
		{ a: "1", b: 2 },
		failed(`${INVALID} add: a: Invalid input: expected number, received string`),
	),
	call(
		"bad input",
		"left out",
		"add",
		{},
		failed(
			`${INVALID} add: a: Invalid input: expected number, received undefined, b: Invalid input: expected number, received undefined`,
		),
	),
	call("bad input", "no object", "add", "text", error(-32602, NO_OBJECT)),
	call(
		"refused",
		"a sum that is no number",
		"add",
		{ a: 1.7e308, b: 1.7e308 },
		failed("The sum is too large for a number. Use smaller numbers."),
	),
	callWithoutScope("tools", "add", { a: 1, b: 2 }),

	WHOAMI,
	call(
		"good",
		"to a user without permissions",
		"whoami",
		{},
		said("Signed in as eras (eras@example.com) with local. No special permissions.", {
			id: "local-eras@example.com",
			provider: "local",
			login: "eras@example.com",
			name: "eras",
			email: "eras@example.com",
			permissions: [],
			scopes: ["tools", "identity", "notes"],
		}),
		{ permissions: [] },
	),
	{ ...WHOAMI, what: "without arguments", params: { name: "whoami" } },
	call("bad input", "no object", "whoami", "text", error(-32602, NO_OBJECT)),
	callWithoutScope("identity", "whoami", {}),

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
