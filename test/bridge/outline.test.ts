/** The outline of messages that are too large to keep, read in pieces of any size. */
import { expect, it } from "vitest";
import { Outline } from "../../src/bridge/outline.ts";

function outlineOf(text: string, size: number) {
	const json = Buffer.from(text);
	const outline = new Outline();
	for (let index = 0; index < json.length; index += size) outline.add(json.subarray(index, index + size));
	return outline.read();
}

it.each([
	['{"jsonrpc":"2.0","id":3,"result":{"id":4,"x":[{"id":5}]}}', { jsonrpc: "2.0", id: 3, result: null }],
	[
		'{"result":{"text":"}\\"id\\":7,{"},"jsonrpc":"2.0","id":"x\\\\\\"y"}',
		{ result: null, jsonrpc: "2.0", id: 'x\\"y' },
	],
	[' { "method" : "a/b" , "params" : [ [ ] , { } ] , "id" : null } ', { method: "a/b", params: null, id: null }],
	[`{"id":1,"result":"${"x".repeat(1000)}"}`, { id: 1, result: "" }],
	[`{"result":"${"\\u00e4".repeat(1000)}","id":1}`, { id: 1, result: "" }],
	['{"id":1,"result":{', {}],
	["no JSON", {}],
])("of %s", (json, outline) => {
	for (const size of [1, 2, 3, 7, json.length]) expect(outlineOf(json, size), `pieces of ${size}`).toEqual(outline);
});
