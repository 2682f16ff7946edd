import { defineResource } from "../../../src/mcp/define/resource.ts";
import { PNG } from "./common.ts";

const staticText = defineResource({
	name: "static-text",
	title: "Static text",
	description: "Text that never changes.",
	scope: "tools",
	mimeType: "text/plain",
	uri: "test://static-text",
	async read() {
		return { text: "This is the content of the static text resource." };
	},
});

const staticBinary = defineResource({
	name: "static-binary",
	title: "Static image",
	description: "Bytes that never change.",
	scope: "tools",
	mimeType: "image/png",
	uri: "test://static-binary",
	async read() {
		return { blob: PNG };
	},
});

const template = defineResource({
	name: "template",
	title: "Data of an id",
	description: "Data for any id.",
	scope: "tools",
	mimeType: "application/json",
	uri: "test://template/{id}/data",
	async read(_uri, { id = "" }) {
		return { text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) };
	},
});

const watched = defineResource({
	name: "watched-resource",
	title: "Watched resource",
	description: "A resource that a client can subscribe to.",
	scope: "tools",
	mimeType: "text/plain",
	uri: "test://watched-resource",
	async read() {
		return { text: "This is the content of the watched resource." };
	},
});

export const resources = [staticText, staticBinary, template, watched];
