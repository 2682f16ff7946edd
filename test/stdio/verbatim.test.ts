/** What a child and its client say to each other arrives as it was written, whatever it is and however large. */
import { beforeAll, describe, expect, it } from "vitest";
import { EventReader } from "../support/sse.ts";
import { readMessages } from "../support/wire.ts";
import { type App, eventually, newApp, type Session, textOf, toolCall } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";

const MEBIBYTE = 1024 * 1024;
const stdio = useStdio({ command: childCommand("fake") });

let app: App;
let session: Session;
beforeAll(async () => {
	app = await newApp(stdio);
	session = await app.open();
});

/** Has the child write an answer. @param result its text, between the braces of the answer */
const write = (id: number, ...lines: string[]) => session.call(id, "write", { lines });

/** What JavaScript would change: the order of keys, integers above 2^53, a fraction, an escape. */
const ODD = '{"z":12345678901234567890,"2":-9007199254740993,"1":1.0,"a":1e400,"\\u0061\\u00fc":"\\/ \\ud83d\\ude80"}';

describe("the text of a message arrives as it was written", () => {
	it("in the result of a child", async () => {
		const text = await (await write(1, `{"result":{"content":[],"odd":${ODD}},"id":$ID,"jsonrpc":"2.0"}`)).text();
		expect(text).toContain(`"result":{"content":[],"odd":${ODD}}`);
	});

	it("in the error of a child", async () => {
		const error = `{"data":${ODD},"message":"no","code":-31999}`;
		expect(await (await write(1, `{"jsonrpc":"2.0","id":$ID,"error":${error}}`)).text()).toContain(error);
	});

	it("in a notification of a child, also of a kind that nobody knows", async () => {
		const notification = `{"params":${ODD},"method":"notifications/own","jsonrpc":"2.0"}`;
		const text = await (await write(1, notification, '{"jsonrpc":"2.0","id":$ID,"result":{}}')).text();
		expect(text).toContain(notification);
	});

	it("over HTTP+SSE", async () => {
		const sse = await app.openSse();
		await sse.post(toolCall(1, "write", { lines: [`{"jsonrpc":"2.0","id":$ID,"result":{"odd":${ODD}}}`] }));
		expect((await sse.events.next())?.data).toContain(`"odd":${ODD}`);
		sse.close();
	});

	it("in the requests and notifications of a client, also of kinds that nobody knows", async () => {
		const notification = `{"jsonrpc":"2.0","method":"notifications/own","params":${ODD}}`;
		expect((await session.post(notification)).status).toBe(202);
		const call = `"method":"tools/call","params":{"name":"big","odd":${ODD},"arguments":{"bytes":1}}`;
		expect(textOf((await readMessages(await session.post(`{"jsonrpc":"2.0","id":2,${call}}`))).at(-1) ?? {})).toBe("x");
		const { response, reset } = session.connect("POST", { jsonrpc: "2.0", id: "own 3", method: "own/method" });
		response.catch(() => {});
		await eventually(async () => expect((await session.heard()).join()).toContain("own/method"));
		reset();
		const heard = await session.heard();
		expect(heard).toContain(notification);
		expect(heard.filter((line) => line.includes(call))).toHaveLength(1);
	});

	it("in a client's answer to a question of the child's", async () => {
		const call = new EventReader(await session.call(1, "ask"));
		let question: { method?: string } = {};
		while (question.method !== "roots/list") question = JSON.parse((await call.next())?.data || "{}");
		const answer = `{"jsonrpc":"2.0","id":"question","result":{"roots":[],"odd":${ODD}}}`;
		expect((await session.post(answer)).status).toBe(202);
		await call.next();
		expect(await session.heard()).toContain(answer);
	});
});

it("what some clients take for ends of lines arrives, escaped where it would be one", async () => {
	const text = "a\u2028b\u2029c\u0085d";
	const line = `{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text","text":"${text}"}]}}`;
	const response = await write(1, line);
	const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
	const body = await response.text();
	expect(/[\u2028\u2029\u0085]/.test(body)).toBe(!isStream);
	expect(body).toContain(isStream ? "a\\u2028b\\u2029c\\u0085d" : text);
	const sse = await app.openSse();
	await sse.post(toolCall(1, "write", { lines: [line] }));
	expect((await sse.events.next())?.data).toContain("a\\u2028b\\u2029c\\u0085d");
	sse.close();
});

describe("a message may be large", () => {
	it("as an answer of 4 MB", async () => {
		const bytes = 4 * MEBIBYTE;
		expect(textOf(await session.ask("big", { bytes }))).toBe("x".repeat(bytes));
		const sse = await app.openSse();
		expect(textOf(await sse.ask("big", { bytes }))).toHaveLength(bytes);
		sse.close();
	});

	it("as an image", async () => {
		const data = Buffer.alloc(2 * MEBIBYTE, "\x89PNG").toString("base64");
		const content = `[{"type":"image","mimeType":"image/png","data":"${data}"}]`;
		const messages = await readMessages(await write(1, `{"jsonrpc":"2.0","id":$ID,"result":{"content":${content}}}`));
		expect(messages.at(-1)?.result?.content).toEqual(JSON.parse(content));
	});

	it("as arguments, up to what a request may hold", async () => {
		const padding = "ü".repeat(2 * MEBIBYTE - 1000);
		expect(textOf(await session.ask("big", { bytes: 1, padding }))).toBe("x");
		const heard = await session.heard().catch(() => []);
		if (heard.length > 0) expect(heard.some((line) => line.includes(padding))).toBe(true);
	});

	it.each([
		["with a session", (bytes: number) => session.ask("big", { bytes })],
		["without a session", (bytes: number) => app.callStateless("big", { bytes })],
	])("but not endlessly: of an answer of 70 MB its client gets a sentence, and goes on, %s", async (_, ask) => {
		const { error, result } = await ask(70 * MEBIBYTE);
		const sentence = error?.message ?? (result?.isError ? textOf({ result }) : "");
		expect(sentence).toMatch(/\b(large|larger|MB|MiB|bytes)\b/);
		expect(textOf(await ask(3))).toBe("xxx");
	});
});
