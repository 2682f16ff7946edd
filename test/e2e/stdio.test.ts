/** A stdio MCP server behind sign-in, as `npm run start:stdio` runs it: nothing is lost on the way. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEveryMessage } from "../stdio/every-message.ts";
import { childCommand, EVERYTHING, type LogEvent, waitFor } from "../stdio/processes.ts";
import { type RunningServer, startServer } from "./server.ts";
import { CLIENTS } from "./stdio-clients.ts";

/** A server for the tests of a `describe`. */
function useServer(command: readonly string[]) {
	let server: RunningServer | undefined;
	beforeAll(async () => {
		server = await startServer({ script: "start:stdio", command });
	});
	afterAll(async () => {
		await server?.stop();
	});
	const running = () => {
		if (!server) throw new Error("The server is not running");
		return server;
	};
	return {
		origin: () => running().origin,
		output: () => running().output(),
		/** What the program beside the Worker has logged. */
		events(name: string): LogEvent[] {
			const lines = running()
				.output()
				.split("\n")
				.filter((line) => line.startsWith(`{"event":"${name}"`));
			return lines.map((line): LogEvent => JSON.parse(line));
		},
	};
}

const textOf = (result: object): string => {
	if (!("content" in result) || !Array.isArray(result.content)) throw new Error("No content");
	return String(result.content[0].text);
};

describe("the reference server", () => {
	const server = useServer(EVERYTHING);

	describe.each(CLIENTS)("with $title", ({ signIn, version }) => {
		testEveryMessage(async () => (await signIn(server.origin())).client, version);

		it("runs for two users at once, in their own processes, as themselves", async () => {
			const started = server.events("child_start").length;
			const users = [
				{ email: "ada@example.com", permissions: ["image_generation"], expected: "image_generation,stdio" },
				{ email: "bob+1@example.com", permissions: [], expected: "stdio" },
			];
			const connected = await Promise.all(users.map((user) => signIn(server.origin(), user)));
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
			const pids = server
				.events("child_start")
				.slice(started)
				.map(({ pid }) => pid);
			expect(new Set(pids).size).toBe(2);
			await Promise.all(connected.map(({ client }) => client.close()));
		});
	});
});

describe("a child", () => {
	const server = useServer(childCommand("fake"));
	const lastPid = () => Number(server.events("child_start").at(-1)?.pid);

	describe.each(CLIENTS)("of $title", ({ title, signIn }) => {
		const connect = async (what: string) =>
			(await signIn(server.origin(), { email: `${what}.${title.replace(/\W/g, "-")}@example.com` })).client;
		const count = (line: string) => server.events("child_stderr").filter((event) => event.line === line).length;

		it("that is killed in mid-call gives the client an error", async () => {
			const client = await connect("killed");
			const hanging = count("hangs");
			const call = client.call("hang");
			await waitFor("the call", () => count("hangs") > hanging);
			process.kill(lastPid(), "SIGKILL");
			await expect(call).rejects.toThrow("The MCP server ended (SIGKILL).");
			await client.close();
		});

		it("that writes garbage goes on, and may answer with several megabytes", async () => {
			const client = await connect("garbage");
			expect(textOf(await client.call("garbage"))).toBe("still here");
			const bytes = 7 * 1024 * 1024;
			expect(textOf(await client.call("big", { bytes }))).toBe("x".repeat(bytes));
			await client.close();
		});

		it("is told by a client that cancels", async () => {
			const client = await connect("cancels");
			const hanging = count("hangs");
			const cancel = new AbortController();
			const call = client.call("hang", {}, { signal: cancel.signal, onprogress: () => {} });
			await waitFor("the call", () => count("hangs") > hanging);
			const told = () => server.events("child_stderr").filter(({ line }) => /^cancelled \d/.test(String(line)));
			const before = told().length;
			cancel.abort("enough");
			await expect(call).rejects.toThrow("enough");
			await waitFor("the child to be told", () => told().length > before);
			await client.close();
		});
	});
});
