/**
 * `npm run grants`: shows an operator which apps are connected, and disconnects them. It asks the running server, with
 * the secret OPERATOR_KEY.
 */
import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { isLoopbackUrl } from "../http/loopback.ts";
import {
	grantListSchema,
	type ListedGrant,
	OPERATOR_GRANTS,
	type RevocationRequest,
	revokedSchema,
} from "../oauth/operator-contract.ts";
import { parseCommand, runCommand } from "./command.ts";
import { readDevVars } from "./dev-vars.ts";

const LOCAL = "http://localhost:8788";

const HELP = `Lists and revokes grants: which apps are connected to the server, for which user.

  npm run grants -- list [--user U] [--client C] [--json]
  npm run grants -- revoke --user U [--grant G]
  npm run grants -- revoke --client C
  npm run grants -- revoke --everybody [--yes]

  --user U      the grants of one user
  --grant G     one grant of the user
  --client C    the grants of one client, of all users
  --everybody   all grants of all users
  --yes         does not ask before it revokes all grants of all users
  --json        prints the list as JSON
  --url A       the address of the server; ${LOCAL} if left out

The server's key is read from OPERATOR_KEY in the environment, or else in .dev.vars.`;

const OPTIONS = {
	user: { type: "string" },
	grant: { type: "string" },
	client: { type: "string" },
	everybody: { type: "boolean" },
	yes: { type: "boolean" },
	json: { type: "boolean" },
	url: { type: "string" },
	help: { type: "boolean" },
} as const;

const parse = () => parseCommand({ script: "grants", help: HELP, options: OPTIONS });

type Options = ReturnType<typeof parse>["values"];

/** A server, and the key to it. */
type Place = { readonly url: URL; readonly key: string };

const NO_KEY =
	"There is no OPERATOR_KEY. Set it in the environment or in .dev.vars, to the same value that the server has.";
const WRONG_KEY = "The server refuses this OPERATOR_KEY. Set the value that the server has.";
const NO_OPERATOR = `This server has no OPERATOR_KEY, so no operator can list or revoke grants. Set it, at least 32 characters:
  on Cloudflare:     openssl rand -hex 32 | npx wrangler secret put OPERATOR_KEY
  on this computer:  in .dev.vars, then restart npm start
If the server has one, check the address, and that signIn in src/server.ts is identityProviders().`;

const refusalSchema = z.object({ error_description: z.string() });

await runCommand(run);

async function run(): Promise<void> {
	const { values, positionals } = parse();
	const [command = "help", ...more] = positionals;
	if (values.help || command === "help") return console.log(HELP);
	if (more.length > 0) throw new Error(`What is ${more.join(" ")}?\n\n${HELP}`);
	switch (command) {
		case "list":
			return list(values);
		case "revoke":
			return revoke(values);
		default:
			throw new Error(`There is no command ${command}.\n\n${HELP}`);
	}
}

async function list(options: Options): Promise<void> {
	refuseFlags("list", options, ["user", "client", "json", "url"]);
	const { user, client, json } = options;
	const place = findServer(options);
	const query = { ...(user !== undefined && { user }), ...(client !== undefined && { client }) };
	const grants: ListedGrant[] = [];
	let cursor: string | undefined;
	do {
		const parameters = new URLSearchParams({ ...query, ...(cursor !== undefined && { cursor }) });
		const page = await ask(place, grantListSchema, `?${parameters}`);
		grants.push(...page.grants);
		cursor = page.cursor;
	} while (cursor !== undefined);
	if (json) return console.log(JSON.stringify(grants, undefined, 2));
	if (grants.length === 0) console.log("There are no grants.");
	for (const grant of grants) console.log(describe(grant));
}

async function revoke(options: Options): Promise<void> {
	refuseFlags("revoke", options, ["user", "grant", "client", "everybody", "yes", "url"]);
	const { user, grant, client, everybody, yes } = options;
	const request = readRequest(options);
	const place = findServer(options);
	if (everybody && !yes) await confirm(place);
	let revoked = 0;
	const unreachable = new Set<string>();
	let cursor: string | undefined;
	do {
		const body = JSON.stringify({ ...request, ...(cursor !== undefined && { cursor }) });
		const batch = await ask(place, revokedSchema, "/revoke", { method: "POST", body });
		revoked += batch.revoked;
		for (const one of batch.unreachable) unreachable.add(one);
		cursor = batch.cursor;
	} while (cursor !== undefined);
	if (grant !== undefined && revoked === 0) {
		throw new Error(`${user} has no grant ${grant}. See: npm run grants -- list --user ${user}`);
	}
	const delay = isLoopbackUrl(place.url) ? "" : " The last access tokens stop within a minute.";
	console.log(`Revoked: ${revoked} ${revoked === 1 ? "grant" : "grants"}${client ? ` of ${client}` : ""}.${delay}`);
	if (unreachable.size > 0) {
		throw new Error(`Run the command again: the server could not reach the grants of ${[...unreachable].join(", ")}.`);
	}
}

/** @throws Error that says what to type, unless exactly one of user, client and everybody is meant */
function readRequest({ user, grant, client, everybody }: Options): RevocationRequest {
	const meant = [user, client, everybody].filter((value) => value !== undefined);
	if (meant.length !== 1) {
		throw new Error(`Say whose grants to revoke: --user U, --client C or --everybody.\n\n${HELP}`);
	}
	if (grant !== undefined && user === undefined) {
		throw new Error(`Say whose grant it is: npm run grants -- revoke --user U --grant ${grant}`);
	}
	if (user !== undefined) return { user, ...(grant !== undefined && { grant }) };
	return client === undefined ? { everybody: true } : { client };
}

/** @throws Error that names a flag that the command does not take */
function refuseFlags(command: string, options: Options, taken: readonly string[]): void {
	const wrong = Object.keys(options).find((name) => !taken.includes(name));
	if (wrong !== undefined) throw new Error(`${command} takes no --${wrong}.\n\n${HELP}`);
}

/** @throws Error if there is no key, or it would travel in the clear */
function findServer({ url = LOCAL }: Pick<Options, "url">): Place {
	if (!URL.canParse(url)) throw new Error(`--url takes an address, such as https://mcp.example.com, not ${url}.`);
	const parsed = new URL(url);
	const isSafe = parsed.protocol === "https:" || (parsed.protocol === "http:" && isLoopbackUrl(parsed));
	if (!isSafe) throw new Error("--url takes an https address, or an http address on localhost.");
	const key = (process.env.OPERATOR_KEY ?? readDevVars().OPERATOR_KEY ?? "").trim();
	if (key === "") throw new Error(NO_KEY);
	// No header can hold it, and no server can have it.
	if (!/^[!-~]+$/.test(key)) throw new Error(WRONG_KEY);
	return { url: parsed, key };
}

/** @throws Error if the user does not type yes, or cannot */
async function confirm({ url }: Place): Promise<void> {
	if (!process.stdin.isTTY) throw new Error("Add --yes to revoke all grants of all users.");
	const terminal = createInterface({ input: process.stdin, output: process.stderr });
	const answer = await terminal.question(
		`This disconnects every app of every user of ${url.origin}. Type yes to go on: `,
	);
	terminal.close();
	if (answer.trim().toLowerCase() !== "yes") throw new Error("Nothing was revoked.");
}

/**
 * Asks the server.
 *
 * @returns its answer @throws Error with a sentence if there is none, or it is a refusal
 */
async function ask<T>({ url, key }: Place, schema: z.ZodType<T>, path: string, init: RequestInit = {}): Promise<T> {
	const headers = { Authorization: `Bearer ${key}`, Accept: "application/json", "Content-Type": "application/json" };
	const address = url.origin + OPERATOR_GRANTS + path;
	const response = await fetch(address, { ...init, headers, redirect: "manual" }).catch((cause) => {
		throw new Error(`No server answers at ${url.origin}. Start it with npm start, or name another with --url.`, {
			cause,
		});
	});
	if (response.status === 401) throw new Error(WRONG_KEY);
	if (response.status === 404) throw new Error(NO_OPERATOR);
	const body: unknown = await response.json().catch(() => undefined);
	const answer = schema.safeParse(body);
	if (response.ok && answer.success) return answer.data;
	const { data } = refusalSchema.safeParse(body);
	throw new Error(data?.error_description ?? `${url.origin} answered with an unexpected status: ${response.status}.`);
}

function describe({ user, grant, client, name, scopes, createdAt, expiresAt }: ListedGrant): string {
	const parts = [
		`user ${user}`,
		`client ${client}`,
		`scopes: ${scopes.join(", ") || "none"}`,
		`since ${timeOf(createdAt)}`,
		...(expiresAt === undefined ? [] : [`ends by ${timeOf(expiresAt)}`]),
	];
	return forTerminal(`${grant}  ${name ?? client}  (${parts.join("; ")})`);
}

/** Clients choose their names: control characters would control the terminal. */
function forTerminal(text: string): string {
	return text.replace(/\p{Cc}|\p{Cf}/gu, "�");
}

function timeOf(seconds: number): string {
	return new Date(seconds * 1000).toISOString();
}
