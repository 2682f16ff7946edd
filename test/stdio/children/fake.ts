/** A small stdio MCP server that does what the tests tell it to, and no more. */
export {};

type Message = {
	id?: number | string;
	method?: string;
	params?: {
		name?: string;
		arguments?: { bytes?: number; code?: number; lines?: string[]; milliseconds?: number };
		_meta?: { progressToken?: string };
		requestId?: number;
		protocolVersion?: string;
	};
	result?: unknown;
	error?: unknown;
};
type Id = Message["id"];

const held: { id: Id; token: string | undefined }[] = [];
/** The call that waits for the client's answer to a question. */
let asking: Id;
let hasVisited = false;
let answersWanted = 1;
const answers: unknown[] = [];
/** All lines that were read. */
const heard: string[] = [];

function write(message: object): void {
	process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

function answer(id: Id, text: string): void {
	write({ id, result: { content: [{ type: "text", text }] } });
}

const tools: Record<string, (id: Id, message: Message) => void> = {
	environment: (id) => answer(id, JSON.stringify({ pid: process.pid, env: process.env })),
	big: (id, { params }) => answer(id, "x".repeat(params?.arguments?.bytes ?? 0)),
	exit: (_, { params }) => process.exit(params?.arguments?.code),
	hang(_, { params }) {
		const progressToken = params?._meta?.progressToken;
		if (progressToken) write({ method: "notifications/progress", params: { progressToken, progress: 1 } });
		console.error("hangs");
	},
	garbage(id) {
		process.stdout.write(`no JSON\n{"half":\n[1,2]\n"text"\n\n{"jsonrpc":"1.0"}\n${"z".repeat(5000)}\r\n`);
		answer(id, "still here");
	},
	/** Stays open until the call of `release`. */
	hold(id, { params }) {
		held.push({ id, token: params?._meta?.progressToken });
		console.error(`holds ${held.length}`);
	},
	release(id) {
		for (const { token } of held) {
			write({ method: "notifications/progress", params: { progressToken: token, progress: 1 } });
		}
		write({ method: "notifications/message", params: { level: "info", data: "released" } });
		answer(id, "released");
		for (const one of held.splice(0)) answer(one.id, "was held");
	},
	/** Reports progress and answers in one breath. */
	count(id, { params }) {
		const progressToken = params?._meta?.progressToken;
		for (const progress of [1, 2, 3]) write({ method: "notifications/progress", params: { progressToken, progress } });
		answer(id, "counted");
	},
	/** The first time the user has to visit a page. */
	visit(id) {
		const page = { mode: "url", message: "Sign in", url: "https://example.com/", elicitationId: "1" };
		if (hasVisited) answer(id, "welcome");
		else write({ id, error: { code: -32042, message: "Sign in first", data: { elicitations: [page] } } });
		hasVisited = true;
	},
	/** Says something when no request is in flight any more. */
	announce(id) {
		answer(id, "soon");
		write({ method: "notifications/tools/list_changed" });
		console.error("announced");
	},
	ask(id) {
		asking = id;
		write({ id: "question", method: "roots/list" });
	},
	heard: (id) => answer(id, JSON.stringify(heard)),
	/** Writes lines as they are, with the call's id in place of `$ID`. */
	write(id, { params }) {
		for (const line of params?.arguments?.lines ?? []) {
			process.stdout.write(`${line.replaceAll("$ID", JSON.stringify(id))}\n`);
		}
	},
	/** The same, after a while. */
	later(id, message) {
		setTimeout(() => tools.write?.(id, message), message.params?.arguments?.milliseconds);
		console.error("later");
	},
	/** Asks for two things at once. */
	askTwice(id) {
		asking = id;
		answersWanted = 2;
		write({ id: "question", method: "roots/list" });
		const requestedSchema = { type: "object", properties: {} };
		write({ id: "question 2", method: "elicitation/create", params: { message: "Yes?", requestedSchema } });
	},
};

function read(line: string): void {
	heard.push(line);
	const message: Message = JSON.parse(line);
	const { id, method, params } = message;
	if (method === "initialize") {
		const serverInfo = { name: "fake", version: "1" };
		write({
			id,
			result: {
				protocolVersion: params?.protocolVersion,
				capabilities: { tools: {}, resources: {}, logging: {} },
				serverInfo,
			},
		});
	} else if (method === "notifications/cancelled") {
		console.error(`cancelled ${params?.requestId}`);
	} else if (method === "tools/list") {
		write({ id, result: { tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: "object" } })) } });
	} else if (method === "tools/call") {
		tools[params?.name ?? ""]?.(id, message);
	} else if (String(id).startsWith("question")) {
		answers.push(message.result ?? message.error);
		if (answers.length < answersWanted) return;
		answer(asking, JSON.stringify(answers.splice(0)));
		answersWanted = 1;
	}
}

// Not by "node:readline", for which U+2028 ends a line, too.
let begun = "";
process.stdin.setEncoding("utf8").on("data", (chunk) => {
	const lines = `${begun}${chunk}`.split("\n");
	begun = lines.pop() ?? "";
	for (const line of lines) read(line);
});
