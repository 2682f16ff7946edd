/** `npm run deploy`: what it checks before, what it uploads, and what it says after. */
import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { readFlags } from "../../src/scripts/deploy/flags.ts";
import { NO_VARIABLES } from "../support/environment.ts";
import { ProjectCopy } from "../support/project-copy.ts";

const COMMAND_MILLISECONDS = 90_000;
vi.setConfig({ testTimeout: COMMAND_MILLISECONDS, hookTimeout: COMMAND_MILLISECONDS });

const SECRET = "0123456789abcdef0123456789abcdef01234567";
const KEY = "k".repeat(40);
const GITHUB = `GITHUB_CLIENT_ID=Ov23liAbCdEfGhIjKlMn\nGITHUB_CLIENT_SECRET=${SECRET}\n`;

/** For what needs an account: keeps how it was called, lists `secrets.txt`, and deploys to an address. */
const STAND_IN = `
const { appendFileSync, existsSync, readFileSync } = require("node:fs");
const args = process.argv.slice(2);
const at = args.indexOf("--secrets-file");
const secrets = at === -1 ? undefined : JSON.parse(readFileSync(args[at + 1], "utf8"));
appendFileSync("calls.ndjson", JSON.stringify({ args: args.filter((_, index) => at === -1 || (index !== at && index !== at + 1)), secrets }) + "\\n");
if (args[0] === "secret") {
	const names = existsSync("secrets.txt") ? readFileSync("secrets.txt", "utf8").split(",") : [];
	console.log(JSON.stringify(names.map((name) => ({ name, type: "secret_text" }))));
} else {
	const targets = ["https://remote-mcp-server.acme.workers.dev", "mcp.example.com (custom domain)", "schedule: 17 3 * * *"];
	const entry = { type: "deploy", version: 1, targets: existsSync("domain.txt") ? targets : targets.slice(0, 1) };
	appendFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, JSON.stringify(entry) + "\\n");
}
`;

function forget(project: ProjectCopy): void {
	const written = readdirSync(project.folder).filter((file) => /\.(vars.*|txt|ndjson)$|^\.production\.vars/.test(file));
	for (const file of written) rmSync(join(project.folder, file));
}

describe("with an account", () => {
	let project: ProjectCopy;
	beforeAll(() => {
		project = new ProjectCopy(STAND_IN);
	});
	beforeEach(() => forget(project));
	afterAll(() => project.remove());

	type Call = { readonly args: readonly string[]; readonly secrets?: Readonly<Record<string, string>> };
	const calls = (): Call[] => {
		if (!existsSync(join(project.folder, "calls.ndjson"))) return [];
		return project
			.read("calls.ndjson")
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
	};
	const deployed = () => calls().find(({ args }) => args[0] === "deploy");

	it("uploads the settings with the Worker, and a signing key if neither has one", async () => {
		project.write(".production.vars", GITHUB);
		const { code, output } = await project.run("deploy", ["--keep-vars"]);
		expect({ code, output }).toMatchObject({ code: 0 });
		expect(deployed()).toEqual({
			args: ["deploy", "--keep-vars"],
			secrets: {
				GITHUB_CLIENT_ID: "Ov23liAbCdEfGhIjKlMn",
				GITHUB_CLIENT_SECRET: SECRET,
				COOKIE_ENCRYPTION_KEY: expect.stringMatching(/^[\da-f]{64}$/),
			},
		});
		expect(output).toContain("GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, COOKIE_ENCRYPTION_KEY (new");
		expect(output).toContain("The server is at https://remote-mcp-server.acme.workers.dev\n");
		expect(output).toContain("https://remote-mcp-server.acme.workers.dev/callback");
		expect(output).toContain("At GitHub:  https://github.com/settings/developers");
		for (const value of Object.values(deployed()?.secrets ?? {})) expect(output).not.toContain(value);
	});

	it("leaves alone what the deployed server has, and names the server's own domain", async () => {
		project.write("secrets.txt", "COOKIE_ENCRYPTION_KEY,GITHUB_CLIENT_ID,GITHUB_CLIENT_SECRET");
		project.write("domain.txt", "");
		const { code, output } = await project.run("deploy", []);
		expect({ code, output }).toMatchObject({ code: 0 });
		expect(deployed()).toEqual({ args: ["deploy"] });
		expect(output).toContain("The server is at https://mcp.example.com\n");
	});

	it("with --env, the settings of that environment go there", async () => {
		project.write(".production.vars", "GITHUB_CLIENT_ID=of-another");
		project.write(".production.vars.staging", `${GITHUB}COOKIE_ENCRYPTION_KEY=${KEY}\n`);
		expect(await project.run("deploy", ["-e", "staging"])).toMatchObject({ code: 0 });
		expect(calls()[0]?.args).toEqual(["secret", "list", "--format", "json", "--env", "staging"]);
		expect(deployed()).toMatchObject({ args: ["deploy", "-e", "staging"], secrets: { COOKIE_ENCRYPTION_KEY: KEY } });
		expect(deployed()?.secrets?.GITHUB_CLIENT_ID).toBe("Ov23liAbCdEfGhIjKlMn");
	});

	it("the settings for npm start are not uploaded: without others, nothing is deployed, unless a flag says so", async () => {
		project.write(".dev.vars", `${GITHUB}COOKIE_ENCRYPTION_KEY=${KEY}\n`);
		const { code, output } = await project.run("deploy", []);
		expect(code).toBe(1);
		expect(output).toContain("Nothing was deployed: There is no identity provider, so no user could sign in.");
		expect(output).toContain("npm run setup -- --remote");
		expect(deployed()).toBeUndefined();
		expect(await project.run("deploy", ["--allow-no-sign-in"])).toMatchObject({ code: 0 });
		expect(deployed()).toMatchObject({ args: ["deploy"] });
		expect(Object.keys(deployed()?.secrets ?? {})).toEqual(["COOKIE_ENCRYPTION_KEY"]);
	});

	it("in Workers Builds, the settings of the dashboard are enough", async () => {
		const { code, output } = await project.run("deploy", [], { env: { WORKERS_CI: "1" } });
		expect({ code, output }).toMatchObject({ code: 0 });
		// A new key would replace the one that was entered there.
		expect(calls()).toEqual([{ args: ["deploy"] }]);
	});

	it.each([
		["half of a provider", "GITHUB_CLIENT_ID=id", "GITHUB_CLIENT_SECRET of GitHub: not set"],
		[
			"a value that the server would refuse",
			`${GITHUB}SESSION_MAX_AGE_DAYS=never`,
			"SESSION_MAX_AGE_DAYS takes whole days",
		],
	])("does not deploy %s", async (_what, text, sentence) => {
		project.write(".production.vars", text);
		const { code, output } = await project.run("deploy", ["--allow-no-sign-in"]);
		expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(sentence) });
		expect(deployed()).toBeUndefined();
	});

	it("a server with API keys needs no identity provider", async () => {
		const definition = project.read("src/server.ts");
		onTestFinished(() => project.write("src/server.ts", definition));
		const changed = definition
			.replace("signIn: identityProviders()", "signIn: apiKeys()")
			.replace(
				'{ identityProviders } from "./sign-in/identity-providers.ts"',
				'{ apiKeys } from "./sign-in/api-keys.ts"',
			)
			// Its pages are for users who sign in.
			.replace(", account(), playground()]", "]");
		project.write("src/server.ts", changed);
		const { code, output } = await project.run("deploy", []);
		expect({ code, output }).toMatchObject({ code: 0 });
		expect(output).not.toContain("/callback");
	});
});

describe("without an account", () => {
	let project: ProjectCopy;
	beforeAll(() => {
		project = new ProjectCopy();
	});
	beforeEach(() => forget(project));
	afterAll(() => project.remove());

	it("a dry run names what it would upload, and uploads nothing", async () => {
		project.write(".production.vars", `${GITHUB}COOKIE_ENCRYPTION_KEY=${KEY}\n`);
		const { code, output } = await project.run("deploy", ["--dry-run", ...NO_VARIABLES]);
		expect({ code, output }).toMatchObject({ code: 0 });
		expect(output).toContain(
			"(from .production.vars): COOKIE_ENCRYPTION_KEY, GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET\n",
		);
		expect(output).toContain("--dry-run: exiting now.");
		for (const value of [SECRET, KEY]) expect(output).not.toContain(value);
		expect(output).not.toContain("no user could sign in");
	});

	it("a dry run without settings says that nobody could sign in with them", async () => {
		const { code, output } = await project.run("deploy", ["--dry-run", ...NO_VARIABLES]);
		expect({ code, output }).toMatchObject({ code: 0 });
		expect(output).toContain("Unless the deployed server has the keys of one: There is no identity provider");
	});

	/** Cloudflare's API, as far as the real Wrangler asks it for secrets. */
	async function startApi(secrets: readonly string[] | undefined) {
		const patches: string[] = [];
		const server = createServer(async (request, response) => {
			const body = Buffer.concat(await request.toArray()).toString();
			if (request.method === "PATCH") patches.push(body);
			response.setHeader("Content-Type", "application/json");
			const isThere = secrets !== undefined;
			response.statusCode = isThere ? 200 : 404;
			const result = request.method === "GET" ? secrets?.map((name) => ({ name, type: "secret_text" })) : {};
			const errors = isThere ? [] : [{ code: 10007, message: "This Worker does not exist on your account." }];
			response.end(JSON.stringify({ success: isThere, result: result ?? null, errors, messages: [] }));
		}).listen(0, "127.0.0.1");
		onTestFinished(() => void server.close());
		await once(server, "listening");
		const env = {
			CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
			CLOUDFLARE_API_TOKEN: "token",
			CLOUDFLARE_ACCOUNT_ID: "account",
		};
		return { env, patches };
	}

	it("a Worker that has never been deployed has no settings", async () => {
		const { env } = await startApi(undefined);
		const { code, output } = await project.run("deploy", [], { env });
		expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining("no user could sign in") });
	});

	it("npm run setup -- --put stores what is new in the deployed server, and writes no file", async () => {
		const { env, patches } = await startApi(["COOKIE_ENCRYPTION_KEY", "GITHUB_CLIENT_ID"]);
		const withSecret = { ...env, GITHUB_CLIENT_SECRET: SECRET };
		const { code, output } = await project.run("setup", ["--put", "--provider", "github"], { env: withSecret });
		expect({ code, output }).toMatchObject({ code: 0 });
		expect(output).not.toContain(SECRET);
		expect(patches).toHaveLength(1);
		expect(patches[0]).toContain(SECRET);
		expect(patches[0]).not.toContain("COOKIE_ENCRYPTION_KEY");
		expect(readdirSync(project.folder).filter((file) => file.includes("vars"))).toEqual([]);
	});

	it("what Wrangler says is shown if it is not logged in", async () => {
		const env = { HOME: project.folder, XDG_CONFIG_HOME: project.folder };
		const { code, output } = await project.run("deploy", [], { env });
		expect({ code, output }).toMatchObject({ code: 1 });
		expect(output).toContain("The settings of the deployed server could not be listed:");
		expect(output).toContain("CLOUDFLARE_API_TOKEN");
	});
});

it.each([
	[
		["--env=a", "-c", "b.jsonc", "--name", "n"],
		["--env", "a", "--name", "n", "--config", "b.jsonc"],
	],
	[["--minify", "--var", "A:1"], []],
])("of %j, %j choose the Worker, and all go to Wrangler", (args, ofWorker) => {
	expect(readFlags(args)).toMatchObject({ forWrangler: args, ofWorker });
});

it("the flag for a server without sign-in and the file of secrets do not go to Wrangler", () => {
	const flags = readFlags(["--allow-no-sign-in", "--secrets-file", "s.json", "--dry-run"]);
	expect(flags).toMatchObject({
		forWrangler: ["--dry-run"],
		secretsFile: "s.json",
		allowsNoSignIn: true,
		isDryRun: true,
	});
});
