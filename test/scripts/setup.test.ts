/** `npm run setup`: what it asks, checks and writes, and what it never shows. */
import { once } from "node:events";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { cleanAnswer, findOddities } from "../../src/scripts/setup/answer.ts";
import { readHost } from "../../src/scripts/setup/options.ts";
import { checkPublished } from "../../src/scripts/setup/published.ts";
import { type Ended, ProjectCopy } from "../support/project-copy.ts";

const ID = "Ov23liAbCdEfGhIjKlMn";
const SECRET = "0123456789abcdef0123456789abcdef01234567";
const GITHUB = ["--provider", "github", "--client-id", ID];
const COMMAND_MILLISECONDS = 90_000;
const WITH_SECRET = { env: { GITHUB_CLIENT_SECRET: SECRET } };

vi.setConfig({ testTimeout: COMMAND_MILLISECONDS });

let project: ProjectCopy;
beforeAll(() => {
	project = new ProjectCopy();
});
beforeEach(() => {
	const written = readdirSync(project.folder).filter((file) => /^\.(dev|production)\.vars/.test(file));
	for (const file of written) rmSync(join(project.folder, file));
});
afterAll(() => project.remove());

const settings = (file = ".dev.vars") => parseEnv(project.read(file));
const setup = (args: readonly string[], options?: Parameters<ProjectCopy["run"]>[2]) =>
	project.run("setup", args, options);

function expectNothingWritten({ code, output }: Ended): void {
	expect({ code, output }).toMatchObject({ code: 1 });
	expect(output).not.toContain(SECRET);
	expect(existsSync(join(project.folder, ".dev.vars"))).toBe(false);
}

describe("with flags", () => {
	it("writes what npm start needs, for its owner only, and says which callback to enter where", async () => {
		const { code, output } = await setup([...GITHUB, "--host", "mcp.example.com"], WITH_SECRET);
		expect({ code, output }).toMatchObject({ code: 0 });
		expect(settings()).toEqual({
			GITHUB_CLIENT_ID: ID,
			GITHUB_CLIENT_SECRET: SECRET,
			COOKIE_ENCRYPTION_KEY: expect.stringMatching(/^[\da-f]{64}$/),
		});
		expect(statSync(join(project.folder, ".dev.vars")).mode & 0o777).toBe(0o600);
		expect(output).toContain("https://github.com/settings/developers");
		expect(output).toContain("http://localhost:8788/callback");
		expect(output).toContain("https://mcp.example.com/callback");
		expect(output).toContain("Anyone with an account at the identity providers may sign in.");
		for (const value of [SECRET, settings().COOKIE_ENCRYPTION_KEY ?? ""]) expect(output).not.toContain(value);
	});

	it("a second run changes nothing, and one that adds a setting keeps all others", async () => {
		await setup(GITHUB, WITH_SECRET);
		const before = project.read(".dev.vars");
		const again = await setup(GITHUB, WITH_SECRET);
		expect(again).toMatchObject({ code: 0, output: expect.stringContaining("Nothing to change") });
		expect(project.read(".dev.vars")).toBe(before);
		const more = await setup(["--operator-key", "--set", "ALLOWED_DOMAINS=example.com"]);
		expect(more.output).toContain("Who may sign in is limited by ALLOWED_DOMAINS.");
		const key = settings().OPERATOR_KEY ?? "";
		expect(key).toMatch(/^[\da-f]{64}$/);
		expect(project.read(".dev.vars")).toBe(`${before}ALLOWED_DOMAINS=example.com\nOPERATOR_KEY=${key}\n`);
		expect(more.output).not.toContain(key);
	});

	it("the settings of the deployed server go into another file, one for each environment", async () => {
		const { output } = await setup([...GITHUB, "--remote", "--env", "staging"], WITH_SECRET);
		expect(output).toContain("https://YOUR-HOST/callback");
		expect(output).toContain("npm run deploy");
		expect(output).not.toContain("localhost");
		expect(settings(".production.vars.staging")).toMatchObject({ GITHUB_CLIENT_ID: ID });
		expect(existsSync(join(project.folder, ".dev.vars"))).toBe(false);
	});

	it("secrets can come on standard input", async () => {
		const input = `GITHUB_CLIENT_ID=${ID}\nGITHUB_CLIENT_SECRET='${SECRET}'\n`;
		const { output } = await setup(["--provider", "github", "--stdin"], { input });
		expect(settings()).toMatchObject({ GITHUB_CLIENT_ID: ID, GITHUB_CLIENT_SECRET: SECRET });
		expect(output).not.toContain(SECRET);
	});

	it("a file with Windows line ends, comments and an order of its own keeps them", async () => {
		project.write(".dev.vars", "# mine\r\nGITHUB_CLIENT_SECRET=old\r\n\r\nALLOWED_ORIGINS=https://a.example\r\n");
		await setup(GITHUB, WITH_SECRET);
		const key = settings().COOKIE_ENCRYPTION_KEY;
		expect(project.read(".dev.vars")).toBe(
			`# mine\r\nGITHUB_CLIENT_SECRET=${SECRET}\r\n\r\nALLOWED_ORIGINS=https://a.example\r\nGITHUB_CLIENT_ID=${ID}\r\nCOOKIE_ENCRYPTION_KEY=${key}\r\n`,
		);
	});

	it("a secret that is missing is named, with the ways to pass it", async () => {
		const ended = await setup(GITHUB);
		expectNothingWritten(ended);
		expect(ended.output).toContain("GITHUB_CLIENT_SECRET: Set an environment variable of this name, or use --stdin");
	});

	it.each([
		["a secret as an argument", ["--set", `GITHUB_CLIENT_SECRET=${SECRET}`], "user of the computer can see arguments"],
		["an unknown provider", ["--provider", "gitlab"], "no identity provider gitlab. There are: cloudflare, github"],
		["a value that the server would refuse", ["--set", "SESSION_MAX_AGE_DAYS=never"], "SESSION_MAX_AGE_DAYS takes"],
		["nothing to do and nobody to ask", [], "There is no terminal to ask on."],
	])("refuses %s", async (_what, args, sentence) => {
		const ended = await setup(args, WITH_SECRET);
		expectNothingWritten(ended);
		expect(ended.output).toContain(sentence);
	});

	it("warns of values that look wrong, and shows neither", async () => {
		const swapped = { GITHUB_CLIENT_ID: SECRET, GITHUB_CLIENT_SECRET: ID };
		const { code, output } = await setup(["--provider", "github"], { env: swapped });
		expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("as if they were swapped") });
		for (const value of Object.values(swapped)) expect(output).not.toContain(value);
		expect(settings()).toMatchObject(swapped);
	});
});

describe("what was pasted", () => {
	it.each([
		["quotes", `"${ID}"`, "GITHUB_CLIENT_ID: the quotes around the value were left out."],
		["typographic quotes", `“${ID}”`, "GITHUB_CLIENT_ID: the quotes around the value were left out."],
		["the name", `GITHUB_CLIENT_ID=${ID}`, "GITHUB_CLIENT_ID: the name in front of the value was left out."],
		["spaces", `  ${ID}\t`, undefined],
		["a zero-width space", `\u200b${ID}`, undefined],
	])("with %s is taken without", (_what, typed, note) => {
		expect(cleanAnswer("GITHUB_CLIENT_ID", typed)).toEqual({ value: ID, notes: note === undefined ? [] : [note] });
	});

	it.each([
		["GITHUB_CLIENT_SECRET", "two words", "GITHUB_CLIENT_SECRET has a space in it."],
		["OIDC_TITLE", "two\u0007bells", "OIDC_TITLE takes one line"],
		["AUTH0_DOMAIN", "https://example.eu.auth0.com/", "AUTH0_DOMAIN takes a host name"],
		["OIDC_ISSUER", "issuer.example", "OIDC_ISSUER takes an https address."],
	])("as %s is refused if it is %j", (name, typed, sentence) => {
		expect(() => cleanAnswer(name, typed)).toThrow(sentence);
	});

	const github = {
		name: "github",
		title: "GitHub",
		register: "",
		required: ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"],
		optional: [],
		looksLike: { GITHUB_CLIENT_ID: /^Ov23/, GITHUB_CLIENT_SECRET: /^[\da-f]{40}$/ },
	};

	it.each([
		["right", ID, SECRET, []],
		["an ID of another provider", "1.apps.googleusercontent.com", SECRET, ["GITHUB_CLIENT_ID does not look like"]],
		["swapped", SECRET, ID, ["GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET look as if they were swapped."]],
		["the same", SECRET, SECRET, ["GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are the same."]],
	])("as an ID and a secret that are %s", (_what, id, secret, sentences) => {
		const values = new Map([
			["GITHUB_CLIENT_ID", id],
			["GITHUB_CLIENT_SECRET", secret],
		]);
		const found = findOddities(github, values);
		expect(found).toEqual(sentences.map((sentence) => expect.stringContaining(sentence)));
	});

	it("as the server's address is https, and has no path", () => {
		expect(["mcp.example.com", "https://mcp.example.com/"].map(readHost)).toEqual(
			Array(2).fill("https://mcp.example.com"),
		);
		expect(readHost("http://localhost:8788")).toBe("http://localhost:8788");
		for (const wrong of ["https://mcp.example.com/mcp", "http://mcp.example.com", "a b"]) {
			expect(() => readHost(wrong)).toThrow("without a path");
		}
	});
});

describe("an issuer", () => {
	const ISSUER = "https://issuer.example";
	const METADATA = {
		issuer: ISSUER,
		authorization_endpoint: `${ISSUER}/auth`,
		token_endpoint: `${ISSUER}/token`,
		jwks_uri: `${ISSUER}/keys`,
	};
	const KEYS = { keys: [{ kty: "EC" }] };

	const realFetch = globalThis.fetch;
	const WELL_KNOWN = "/.well-known/openid-configuration";

	/** An internet in which these addresses of the issuer answer, and nothing else does. @returns its port */
	async function serve(answers: Record<string, unknown>): Promise<number> {
		const server = createServer(({ url = "" }, response) => {
			const answer = answers[url];
			response.statusCode = answer === undefined ? 404 : typeof answer === "number" ? answer : 200;
			response.end(typeof answer === "object" ? JSON.stringify(answer) : String(answer));
		}).listen(0, "127.0.0.1");
		onTestFinished(() => void server.close());
		await once(server, "listening");
		return (server.address() as AddressInfo).port;
	}

	async function find(answers: Record<string, unknown>) {
		const port = await serve(answers);
		vi.stubGlobal("fetch", (address: string, init: RequestInit) => {
			const { origin, pathname } = new URL(address);
			return origin === ISSUER
				? realFetch(`http://127.0.0.1:${port}${pathname}`, init)
				: Promise.reject(new TypeError());
		});
		onTestFinished(() => void vi.unstubAllGlobals());
		return checkPublished({ issuer: ISSUER });
	}

	it("is well if its metadata and its keys are", async () => {
		expect(await find({ [WELL_KNOWN]: METADATA, "/keys": KEYS })).toBeUndefined();
		expect(await find({ [WELL_KNOWN]: { ...METADATA, issuer: `${ISSUER}/` }, "/keys": KEYS })).toBeUndefined();
	});

	it.each([
		[
			"another issuer",
			{ ...METADATA, issuer: "https://other.example" },
			"is that of the issuer https://other.example,",
		],
		["no metadata", undefined, `should be at ${ISSUER}${WELL_KNOWN}, which answers 404`],
		["a page", "<html>", "does not answer with JSON"],
		["a redirect", 302, "which answers 302"],
		["other JSON", {}, "is no metadata of an issuer"],
		["metadata without keys", { ...METADATA, jwks_uri: undefined }, "lacks what a sign-in needs: jwks_uri"],
		["metadata with no keys behind it", { ...METADATA, jwks_uri: `${ISSUER}/none` }, "which answers 404"],
		["metadata with an empty list of keys", { ...METADATA, jwks_uri: `${ISSUER}/empty` }, "/empty has no keys"],
	])("is wrong if it answers with %s", async (_what, metadata, sentence) => {
		const finding = await find({ [WELL_KNOWN]: metadata, "/keys": KEYS, "/empty": { keys: [] } });
		expect(finding).toEqual({ kind: "wrong", sentence: expect.stringContaining(sentence) });
	});

	it.each([
		["does not answer", { ...METADATA, jwks_uri: "https://down.example/keys" }, "down.example cannot be reached"],
		["fails", 503, "answers 503"],
	])("is unknown if it %s", async (_what, metadata, sentence) => {
		const finding = await find({ [WELL_KNOWN]: metadata });
		expect(finding).toEqual({ kind: "unreachable", sentence: expect.stringContaining(sentence) });
	});

	/** The same internet for the command. */
	async function setUp(answers: Record<string, unknown>, args: readonly string[] = []): Promise<Ended> {
		const port = await serve(answers);
		project.write(
			"internet.mjs",
			`const { fetch } = globalThis;
			globalThis.fetch = (address, init) => fetch("http://127.0.0.1:${port}" + new URL(address).pathname, init);`,
		);
		const NODE_OPTIONS = `--import=${join(project.folder, "internet.mjs")}`;
		const env = { NODE_OPTIONS, OIDC_ISSUER: ISSUER, OIDC_CLIENT_ID: "id", OIDC_CLIENT_SECRET: SECRET };
		return setup(["--provider", "oidc", ...args], { env });
	}

	it("that is right is set up", async () => {
		const { code, output } = await setUp({ [WELL_KNOWN]: METADATA, "/keys": KEYS });
		expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("Checked: ") });
		expect(settings()).toMatchObject({ OIDC_ISSUER: ISSUER });
	});

	it("that is wrong is refused, unless the check is left out", async () => {
		const ended = await setUp({});
		expectNothingWritten(ended);
		expect(ended.output).toContain(`Wrong: The issuer’s metadata should be at ${ISSUER}`);
		expect(await setUp({}, ["--no-check"])).toMatchObject({ code: 0 });
		expect(settings()).toMatchObject({ OIDC_ISSUER: ISSUER });
	});

	it("that cannot be checked is set up with a warning", async () => {
		const { code, output } = await setUp({ [WELL_KNOWN]: 503 });
		expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("Not checked: ") });
		expect(settings()).toMatchObject({ OIDC_ISSUER: ISSUER });
	});
});

describe("with questions", () => {
	it("asks for what is needed and who may sign in, again after a wrong answer, and writes the answers", async () => {
		const answers = ["gitlab", "2", "", ID, SECRET, "", "example.com", "acme", "n"];
		const { code, output } = await setup(["--ask"], { input: `${answers.join("\n")}\n` });
		expect({ code, output }).toMatchObject({ code: 0 });
		expect(output).toContain("There is no identity provider gitlab.");
		expect(output).toContain("GITHUB_CLIENT_ID is needed.");
		expect(output).toContain("Who may sign in? Anyone with an account at GitHub, unless you say who.");
		expect(output).not.toContain(SECRET);
		expect(settings()).toEqual({
			GITHUB_CLIENT_ID: ID,
			GITHUB_CLIENT_SECRET: SECRET,
			ALLOWED_DOMAINS: "example.com",
			GITHUB_ALLOWED_ORGANIZATIONS: "acme",
			COOKIE_ENCRYPTION_KEY: expect.anything(),
		});
	});

	it("in a second run, Enter keeps what is set, and - empties what is not needed", async () => {
		const before = `GITHUB_CLIENT_ID=${ID}\nGITHUB_CLIENT_SECRET=${SECRET}\nALLOWED_USERS=ada\nALLOWED_DOMAINS=a.example\nCOOKIE_ENCRYPTION_KEY=${"k".repeat(32)}\n`;
		project.write(".dev.vars", before);
		const { output } = await setup(["--ask"], { input: "github\n\n\n-\n\n\nn\n" });
		expect(output).toContain("GitHub  (set up)");
		expect(project.read(".dev.vars")).toBe(before.replace("=ada", "="));
	});

	it.each([
		["Ctrl-C", (child: ReturnType<ProjectCopy["start"]>["child"]) => child.kill("SIGINT")],
		["the end of the input", (child: ReturnType<ProjectCopy["start"]>["child"]) => child.stdin.end()],
	])("%s in the middle leaves the file as it was", async (_what, stop) => {
		const before = "GITHUB_CLIENT_ID=own\n";
		project.write(".dev.vars", before);
		const { child, ended, output } = project.start("setup", ["--ask"]);
		child.stdin.write(`github\n${ID}\n`);
		await expect.poll(output).toContain("GITHUB_CLIENT_SECRET of GitHub");
		stop(child);
		expect((await ended).code).not.toBe(0);
		expect(project.read(".dev.vars")).toBe(before);
	});
});
