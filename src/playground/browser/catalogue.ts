/** What the server offers, as items that can be called. */
import {
	type CallToolResult,
	type Client,
	type RequestOptions,
	type Tool,
	UriTemplate,
} from "@modelcontextprotocol/client";
import { RESOURCE_MIME_TYPE } from "@modelcontextprotocol/ext-apps/app-bridge";
import type { Item } from "./calls.ts";
import { promptResult, resourceResult, toolResult } from "./result.ts";
import type { RunningCalls } from "./running-calls.ts";
import { schemaForm } from "./schema-form.ts";
import { requestTool } from "./tool-request.ts";
import { type Shown, viewOf } from "./view-frame.ts";

type Source = { readonly client: Client; readonly calls: RunningCalls };

/** By title, in the order of the page. The client of the SDK reads all pages of a list. */
export async function readCatalogue(source: Source): Promise<(readonly [string, readonly Item[]])[]> {
	const { tools, resources, prompts } = source.client.getServerCapabilities() ?? {};
	return [
		["Tools", tools ? await readTools(source) : []],
		["Resources", resources ? [...(await readResources(source)), ...(await readTemplates(source))] : []],
		["Prompts", prompts ? await readPrompts(source) : []],
	];
}

async function readTools({ client, calls }: Source): Promise<Item[]> {
	const { tools } = await client.listTools();
	return tools.map((tool) => ({
		definition: tool,
		name: tool.name,
		title: tool.title ?? tool.name,
		description: tool.description,
		verb: "Call",
		form: schemaForm(tool.inputSchema, true),
		async call(args, { onprogress, explain, ...call }) {
			const send = (called: Tool, given: Record<string, unknown>, signal: AbortSignal, more: RequestOptions = {}) =>
				calls.run({ ...call, signal }, (answers, options) =>
					requestTool(client, called, { arguments: given, ...answers }, { ...options, ...more }),
				);
			const result = await send(tool, args, call.signal, { onprogress });
			const callForView: Shown["call"] = async ({ name, arguments: given = {} }, signal) => {
				const called = tools.find((one) => one.name === name);
				if (!called) return failed(`There is no tool ${name}.`);
				const either = AbortSignal.any([signal, call.signal]);
				return send(called, given, either).catch((error) => failed(explain(error)));
			};
			return viewOf({ tool, args, result, plain: toolResult(result), call: callForView });
		},
	}));
}

async function readResources({ client, calls }: Source): Promise<Item[]> {
	const { resources } = await client.listResources();
	// A view is for the results of its tool.
	const readable = resources.filter(({ mimeType }) => mimeType !== RESOURCE_MIME_TYPE);
	return readable.map((resource) => ({
		definition: resource,
		name: resource.uri,
		title: resource.title ?? resource.name,
		description: resource.description,
		verb: "Read",
		form: schemaForm({}),
		call: async (_args, call) => readResource({ client, calls }, resource.uri, call),
	}));
}

async function readTemplates({ client, calls }: Source): Promise<Item[]> {
	const { resourceTemplates } = await client.listResourceTemplates();
	return resourceTemplates.map((definition) => {
		const { name, title = name, description, uriTemplate } = definition;
		const template = new UriTemplate(uriTemplate);
		const names = [...new Set(template.variableNames)];
		return {
			definition,
			name: uriTemplate,
			title,
			description,
			verb: "Read",
			form: stringsForm(names.map((variable) => ({ name: variable, required: true }))),
			call: async (args, call) => readResource({ client, calls }, template.expand(strings(args)), call),
		};
	});
}

async function readResource({ client, calls }: Source, uri: string, call: Parameters<Item["call"]>[1]) {
	const result = await calls.run(call, (answers, options) => client.readResource({ uri, ...answers }, options));
	return resourceResult(result);
}

async function readPrompts({ client, calls }: Source): Promise<Item[]> {
	const { prompts } = await client.listPrompts();
	return prompts.map((prompt) => ({
		definition: prompt,
		name: prompt.name,
		title: prompt.title ?? prompt.name,
		description: prompt.description,
		verb: "Get",
		form: stringsForm(prompt.arguments ?? []),
		async call(args, call) {
			const params = { name: prompt.name, arguments: strings(args) };
			const result = await calls.run(call, (answers, options) => client.getPrompt({ ...params, ...answers }, options));
			return promptResult(result);
		},
	}));
}

/** A form for what has names, and texts as values. */
function stringsForm(fields: readonly { readonly name: string; readonly required?: boolean | undefined }[]) {
	const properties = fields.map(
		(field) => [field.name, { ...field, type: "string", ...(field.required && { minLength: 1 }) }] as const,
	);
	const required = fields.filter((field) => field.required).map(({ name }) => name);
	return schemaForm({ properties: Object.fromEntries(properties), required }, true);
}

function failed(text: string): CallToolResult {
	return { isError: true, content: [{ type: "text", text }] };
}

function strings(args: Record<string, unknown>): Record<string, string> {
	return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, String(value)]));
}
