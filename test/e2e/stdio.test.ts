/** A stdio MCP server behind sign-in, as `npm run start:stdio` runs it: nothing is lost on the way. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEveryMessage } from "../stdio/every-message.ts";
import { childCommand, EVERYTHING, type LogEvent, waitFor } from "../stdio/processes.ts";
import { type RunningServer, startServer } from "./server.ts";
import { CLIENTS } from "./stdio-clients.ts";

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ");
/** A small server for users whose address begins with `child-`, the reference server for all others. */
const COMMAND = `case $MCP_USER_LOGIN in child-*) exec ${quoted(childCommand("fake"))};; *) exec ${quoted(EVERYTHING)};; esac`;

let server: RunningServer;

beforeAll(async () => {
	server = await startServer({ script: "start:stdio", command: ["sh", "-c", COMMAND] });
});

afterAll(async () => {
	await server?.stop();
});

/** What the program beside the Worker has logged. */
function events(name: string): LogEvent[] {
	const lines = server
		.output()
		.split("\n")
		.filter((line) => line.startsWith(`{"event":"${name}"`));
	return lines.map((line): LogEvent => JSON.parse(line));
}

const textOf = (result: object): string => {
	if (!("content" in result) || !Array.isArray(result.content)) throw new Error("No content");
	return String(result.content[0].text);
};

describe("the reference server", () => {
	describe.each(CLIENTS)("with $title", ({ signIn, version }) => {
		testEveryMessage(async () => (await signIn(server.origin)).client, version);

		it("runs for two users at once, in their own processes, as themselves", async () => {
			const started = events("child_start").length;
			const users = [
				{ email: "ada@example.com", permissions: ["image_generation"], expected: "image_generation,stdio" },
				{ email: "bob+1@example.com", permissions: [], expected: "stdio" },
			];
			const connected = await Promise.all(users.map((user) => signIn(server.origin, user)));
			const results = await Promise.all(connected.map(({ client }) => client.call("get-env")));
			for (const [i, { email, expected }] of users.entries()) {
				const text = textOf(results[i] ?? {});
				expect(JSON.parse(text)).toMatchObject({
					MCP_USER_ID: `local-${email}`,
					MCP_USER_LOGIN: email,
					MCP_USER_PERMISSIONS: expected,
				});
				const token = connected[i]?.token ?? "";
				expect(token.length).toBeGreaterThan(20);
				expect(text + server.output()).not.toContain(token);
			}
			const pids = events("child_start")
				.slice(started)
				.map(({ pid }) => pid);
			expect(new Set(pids).size).toBe(2);
			await Promise.all(connected.map(({ client }) => client.close()));
		});
	});
});

describe.concurrent.each(CLIENTS)("a child of $title", ({ title, signIn }) => {
	/** A client with a child of its own. */
	async function connect(what: string) {
		const email = `child-${what}.${title.replace(/\W/g, "-")}@example.com`;
		const { client } = await signIn(server.origin, { email });
		const { pid } = JSON.parse(textOf(await client.call("environment")));
		const child = events("child_start").find((event) => event.pid === pid)?.child;
		const said = () => events("child_stderr").filter((event) => event.child === child);
		const lines = () => said().map(({ line }) => String(line));
		return { client, pid, lines };
	}

	it("that is killed in mid-call gives the client an error", async () => {
		const { client, pid, lines } = await connect("killed");
		const call = client.call("hang");
		const failed = expect(call).rejects.toThrow("The MCP server ended (SIGKILL).");
		await waitFor("the call", () => lines().includes("hangs"));
		process.kill(pid, "SIGKILL");
		await failed;
		await client.close();
	});

	it("that writes garbage goes on, and may answer with several megabytes", async () => {
		const { client } = await connect("garbage");
		expect(textOf(await client.call("garbage"))).toBe("still here");
		const bytes = 7 * 1024 * 1024;
		expect(textOf(await client.call("big", { bytes }))).toBe("x".repeat(bytes));
		await client.close();
	});

	it("is told by a client that cancels", async () => {
		const { client, lines } = await connect("cancels");
		const cancel = new AbortController();
		const call = client.call("hang", {}, { signal: cancel.signal, onprogress: () => {} });
		const cancelled = expect(call).rejects.toThrow("enough");
		await waitFor("the call", () => lines().includes("hangs"));
		expect(lines().filter((line) => line.startsWith("cancelled"))).toEqual([]);
		cancel.abort("enough");
		await cancelled;
		await waitFor("the child to be told", () => lines().some((line) => /^cancelled \d/.test(line)));
		await client.close();
	});
});
