/** Tools that answer "input required" (MCP 2026-07-28, multi round-trip requests): one question, several, in rounds. */
import { acceptedContent, inputRequired, inputResponse } from "@modelcontextprotocol/server";
import { z } from "zod";
import { defineTool } from "../../../src/mcp/define/tool.ts";
import { sampledText } from "./asking-tools.ts";
import { COMMON, text } from "./common.ts";

const NAME = z.object({ name: z.string() });
const COLOR = z.object({ color: z.string() });
const CONFIRMATION = z.object({ ok: z.boolean() });

const askName = inputRequired.elicit({ message: "What is your name?", requestedSchema: NAME });
const askConfirmation = inputRequired.elicit({ message: "Please confirm", requestedSchema: CONFIRMATION });

function askModel(prompt: string, maxTokens: number) {
	return inputRequired.createMessage({ messages: [{ role: "user", content: text(prompt) }], maxTokens });
}

const elicitation = defineTool({
	...COMMON,
	name: "test_input_required_result_elicitation",
	title: "Input required: elicitation",
	description: "Asks for a name, and greets.",
	asks: true,
	input: z.object({}),
	async run(_args, { request }) {
		const user = acceptedContent(request.inputResponses, "user_name", NAME);
		if (!user) return inputRequired({ inputRequests: { user_name: askName } });
		return { content: [text(`Hello, ${user.name}!`)] };
	},
});

const sampling = defineTool({
	...COMMON,
	name: "test_input_required_result_sampling",
	title: "Input required: sampling",
	description: "Asks the client's model.",
	asks: true,
	input: z.object({}),
	async run(_args, { request }) {
		const response = inputResponse(request.inputResponses, "capital_question");
		if (response.kind === "sampling") return { content: [text(sampledText(response.result))] };
		return inputRequired({ inputRequests: { capital_question: askModel("What is the capital of France?", 100) } });
	},
});

const listRoots = defineTool({
	...COMMON,
	name: "test_input_required_result_list_roots",
	title: "Input required: roots",
	description: "Asks for the client's roots.",
	asks: true,
	input: z.object({}),
	async run(_args, { request }) {
		const response = inputResponse(request.inputResponses, "client_roots");
		if (response.kind !== "roots") return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
		return { content: [text(`Roots: ${response.roots.map(({ uri }) => uri).join(", ")}`)] };
	},
});

const requestState = defineTool({
	...COMMON,
	name: "test_input_required_result_request_state",
	title: "Input required: state",
	description: "Asks, and leaves its state with the client.",
	asks: true,
	input: z.object({}),
	async run(_args, { request, sealState, sealedState }) {
		const confirmed = acceptedContent(request.inputResponses, "confirm", CONFIRMATION);
		if (confirmed && sealedState === "waiting") return { content: [text("state-ok")] };
		return inputRequired({
			inputRequests: { confirm: askConfirmation },
			requestState: await sealState("waiting"),
		});
	},
});

const multipleInputs = defineTool({
	...COMMON,
	name: "test_input_required_result_multiple_inputs",
	title: "Input required: several inputs",
	description: "Asks for a name, a greeting and the roots at once.",
	asks: true,
	input: z.object({}),
	async run(_args, { request, sealState }) {
		const user = acceptedContent(request.inputResponses, "user_name", NAME);
		const greeting = inputResponse(request.inputResponses, "greeting");
		const roots = inputResponse(request.inputResponses, "client_roots");
		if (user && greeting.kind === "sampling" && roots.kind === "roots") {
			const said = `${sampledText(greeting.result)} (${roots.roots.length} roots)`;
			return { content: [text(`${user.name}: ${said}`)] };
		}
		return inputRequired({
			inputRequests: {
				user_name: askName,
				greeting: askModel("Generate a greeting", 50),
				client_roots: inputRequired.listRoots(),
			},
			requestState: await sealState("several"),
		});
	},
});

const multiRound = defineTool({
	...COMMON,
	name: "test_input_required_result_multi_round",
	title: "Input required: rounds",
	description: "Asks for a name, then for a color.",
	asks: true,
	input: z.object({}),
	async run(_args, { request, sealState, sealedState }) {
		// What the first round asked is not asked again, so its answer is in the state.
		const known = NAME.safeParse(sealedState).data;
		const second = acceptedContent(request.inputResponses, "step2", COLOR);
		if (known && second) return { content: [text(`${known.name} likes ${second.color}`)] };
		const first = known ?? acceptedContent(request.inputResponses, "step1", NAME);
		if (first) {
			const message = "Step 2: What is your favorite color?";
			return inputRequired({
				inputRequests: { step2: inputRequired.elicit({ message, requestedSchema: COLOR }) },
				requestState: await sealState(first),
			});
		}
		const message = "Step 1: What is your name?";
		return inputRequired({
			inputRequests: { step1: inputRequired.elicit({ message, requestedSchema: NAME }) },
			requestState: await sealState({}),
		});
	},
});

const tamperedState = defineTool({
	...COMMON,
	name: "test_input_required_result_tampered_state",
	title: "Input required: tampered state",
	description: "Asks, with a state that must come back as it was.",
	asks: true,
	input: z.object({}),
	async run(_args, { request, sealState, sealedState }) {
		const confirmed = acceptedContent(request.inputResponses, "confirm", CONFIRMATION);
		if (confirmed && sealedState === "sealed") return { content: [text("The state is genuine")] };
		return inputRequired({ inputRequests: { confirm: askConfirmation }, requestState: await sealState("sealed") });
	},
});

const capabilities = defineTool({
	...COMMON,
	name: "test_input_required_result_capabilities",
	title: "Input required: capabilities",
	description: "Asks the user if the client can, else its model.",
	asks: true,
	input: z.object({}),
	async run(_args, { request, clientCapabilities }) {
		const user = acceptedContent(request.inputResponses, "user_name", NAME);
		const guess = inputResponse(request.inputResponses, "guess");
		if (user) return { content: [text(`Hello, ${user.name}!`)] };
		if (guess.kind === "sampling") return { content: [text(sampledText(guess.result))] };
		if (clientCapabilities.elicitation) return inputRequired({ inputRequests: { user_name: askName } });
		return inputRequired({ inputRequests: { guess: askModel("Make up a name.", 50) } });
	},
});

export const inputRequiredTools = [
	elicitation,
	sampling,
	listRoots,
	requestState,
	multipleInputs,
	multiRound,
	tamperedState,
	capabilities,
];
