/** Answers `completion/complete` for arguments of prompts and variables of resource templates, and checks access. */
import { type McpServer, ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { type Serving, userContextOf } from "../context.ts";
import type { Completer } from "../define/completer.ts";
import type { Catalogue } from "../definition.ts";
import { type Gated, refusal } from "../gate.ts";
import { answerFor } from "../gated-answer.ts";

/** MCP, completion: at most 100 values. */
const MAX_VALUES = 100;

type Completed = Gated & { readonly complete?: Readonly<Record<string, Completer | undefined>> };

export function registerCompletion(server: McpServer, { prompts, resources }: Catalogue, serving: Serving): void {
	const completed: readonly Completed[] = [...prompts, ...resources];
	if (!completed.some(({ complete }) => complete)) return;
	server.server.registerCapabilities({ completions: {} });
	server.server.setRequestHandler("completion/complete", async ({ params }) => {
		const { ref, argument, context: given } = params;
		const item: Completed | undefined =
			ref.type === "ref/prompt"
				? prompts.find(({ name }) => name === ref.name)
				: resources.find(({ uri }) => uri === ref.uri);
		if (!item) {
			const what = ref.type === "ref/prompt" ? `Prompt ${ref.name}` : `Resource template ${ref.uri}`;
			throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${what} not found`);
		}
		const { complete = {} } = item;
		const completer = Object.hasOwn(complete, argument.name) ? complete[argument.name] : undefined;
		if (!completer) return { completion: { values: [], hasMore: false } };
		const user = userContextOf(serving);
		// Return no completions, so that no error is shown while the user types.
		const values = refusal(item, user)
			? []
			: await answerFor(item, user, serving.env, () =>
					completer(argument.value, user as never, given?.arguments ?? {}),
				);
		const { length: total } = values;
		return { completion: { values: values.slice(0, MAX_VALUES), total, hasMore: total > MAX_VALUES } };
	});
}
