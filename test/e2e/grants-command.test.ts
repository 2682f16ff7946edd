/** `npm run grants` at a running server, as an operator types it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { z } from "zod";
import { grantListSchema } from "../../src/oauth/operator-contract.ts";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { findFreePort, type RunningServer, startServer, waitFor } from "./server.ts";
import { fetchOverHttp } from "./sign-in.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What `npm run grants` runs. */
const GRANTS = ["src/scripts/run.cjs", "src/scripts/grants.ts"];
const OPERATOR_KEY = "an-operator-key-that-only-the-tests-use";
const LOG_MILLISECONDS = 15_000;

let server: RunningServer;
beforeAll(async () => {
	server = await startServer({ flags: ["--var", `OPERATOR_KEY:${OPERATOR_KEY}`] });
});
afterAll(() => server?.stop());

type Ran = { readonly code: unknown; readonly stdout: string; readonly stderr: string };

function run(args: readonly string[], env: Readonly<Record<string, string>> = { OPERATOR_KEY }): Promise<Ran> {
	return new Promise((resolve) => {
		const options = { cwd: ROOT, env: { ...process.env, ...env } };
		execFile(process.execPath, [...GRANTS, ...args], options, (error, stdout, stderr) => {
			resolve({ code: error ? error.code : 0, stdout, stderr });
		});
	});
}

/** What the command prints about the server with the key. */
async function grants(...args: string[]): Promise<string> {
	const { code, stdout, stderr } = await run([...args, "--url", server.origin]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout).not.toContain(OPERATOR_KEY);
	return stdout;
}

type Connected = Tokens & { client_id: string };

/** A user who has connected an app. */
function connect(clientName: string, email = `${crypto.randomUUID()}@example.com`): Promise<Connected> {
	return new OAuthClient(fetchOverHttp, server.origin).signIn({ clientName, email });
}

const grantOf = ({ access_token }: Tokens) => access_token.split(":")[1] ?? "";
const userOf = ({ access_token }: Tokens) => access_token.split(":")[0] ?? "";

async function statusOf({ refresh_token = "", client_id }: Connected): Promise<number> {
	const fields = { grant_type: "refresh_token", refresh_token, client_id };
	return (await new OAuthClient(fetchOverHttp, server.origin).token(fields)).status;
}

it("lists the connected apps of everybody, of a user and of a client", async () => {
	expect(await grants("list", "--user", "local-nobody@example.com")).toBe("There are no grants.\n");
	const [one, other] = [await connect("Notebook"), await connect("Editor \u001b[31m")];
	const all = await grants("list");
	expect(all).toMatch(
		new RegExp(
			`^${grantOf(one)}  Notebook  \\(user ${userOf(one)}; client ${one.client_id}; scopes: tools, .+; since 20.+Z; ends by 20.+Z\\)$`,
			"m",
		),
	);
	// A name cannot control the terminal.
	expect(all).toContain(`${grantOf(other)}  Editor �[31m  (`);
	expect(await grants("list", "--user", userOf(one))).not.toContain(grantOf(other));
	const json = await grants("list", "--client", other.client_id, "--json");
	expect(grantListSchema.shape.grants.parse(JSON.parse(json))).toMatchObject([{ grant: grantOf(other) }]);
});

it("ends one grant, those of a user, those of a client, and all", async () => {
	const email = `${crypto.randomUUID()}@example.com`;
	const [one, second] = [await connect("App", email), await connect("App", email)];
	const [other, last] = [await connect("App"), await connect("App")];
	expect(await grants("revoke", "--user", userOf(one), "--grant", grantOf(one))).toBe("Revoked: 1 grant.\n");
	expect([await statusOf(one), await statusOf(second)]).toEqual([400, 200]);
	expect(await grants("revoke", "--user", userOf(one))).toBe("Revoked: 1 grant.\n");
	expect(await statusOf(second)).toBe(400);
	expect(await grants("revoke", "--client", other.client_id)).toBe(`Revoked: 1 grant of ${other.client_id}.\n`);
	expect([await statusOf(other), await statusOf(last)]).toEqual([400, 200]);
	const unsure = await run(["revoke", "--everybody", "--url", server.origin]);
	expect(unsure).toMatchObject({ code: 1, stderr: "Add --yes to revoke all grants of all users.\n" });
	expect(await statusOf(last)).toBe(200);
	expect(await grants("revoke", "--everybody", "--yes")).toMatch(/^Revoked: \d+ grants?\.\n$/);
	expect(await statusOf(last)).toBe(400);
	expect(await grants("list")).toBe("There are no grants.\n");
});

it.each([
	["without a key", ["list"], { OPERATOR_KEY: "" }, "There is no OPERATOR_KEY. Set it"],
	["with a wrong key", ["list"], { OPERATOR_KEY: `${OPERATOR_KEY}x` }, "The server refuses this OPERATOR_KEY."],
	["with a key of other characters", ["list"], { OPERATOR_KEY: "“key”" }, "The server refuses this OPERATOR_KEY."],
	["of an unknown command", ["remove"], undefined, "There is no command remove."],
	["of too much", ["revoke", "everybody"], undefined, "What is everybody?"],
	["with an unknown flag", ["list", "--users", "x"], undefined, "Unknown option '--users'"],
	["with a flag of the other command", ["list", "--everybody"], undefined, "list takes no --everybody."],
	["that names nobody", ["revoke"], undefined, "Say whose grants to revoke"],
	["that names two", ["revoke", "--user", "x", "--client", "y"], undefined, "Say whose grants to revoke"],
	["of a grant without its user", ["revoke", "--client", "y", "--grant", "x"], undefined, "Say whose grant it is"],
	["of no such grant", ["revoke", "--user", "local-x", "--grant", "y"], undefined, "local-x has no grant y."],
	["of an empty user", ["revoke", "--user", ""], undefined, "Send one of these as JSON"],
])("%s says what to do", async (_what, args, env, sentence) => {
	const { code, stdout, stderr } = await run([...args, "--url", server.origin], env);
	expect(code).toBe(1);
	expect(stderr).toContain(sentence);
	expect(stdout + stderr).not.toContain(OPERATOR_KEY);
	expect(stdout).toBe("");
});

it("at the wrong server says what to do", async () => {
	const closed = `http://localhost:${await findFreePort()}`;
	for (const [url, sentence] of [
		// The server that all files share has no key.
		[inject("origin"), "This server has no OPERATOR_KEY"],
		[closed, `No server answers at ${closed}. Start it with npm start`],
		["http://mcp.example.com", "--url takes an https address"],
		["localhost", "--url takes an address"],
	] as const) {
		const { code, stderr } = await run(["list", "--url", url]);
		expect(code).toBe(1);
		expect(stderr).toContain(sentence);
		expect(stderr).not.toContain(OPERATOR_KEY);
	}
});

it("explains itself without arguments", async () => {
	const { code, stdout } = await run([], { OPERATOR_KEY: "" });
	expect(code).toBe(0);
	expect(stdout).toContain("npm run grants -- revoke --everybody [--yes]");
});

it("the cron trigger sweeps, and logs what it removed", async () => {
	const response = await fetch(`${server.origin}/cdn-cgi/handler/scheduled`);
	expect(await response.text()).toBe("ok");
	await waitFor("the line", async () => /\{"event":"swept".*\}/.test(server.output()), LOG_MILLISECONDS);
	const [line = ""] = /\{"event":"swept".*\}/.exec(server.output()) ?? [];
	expect(z.object({ outcome: z.string() }).parse(JSON.parse(line))).toEqual({ outcome: "finished" });
});
