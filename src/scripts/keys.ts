/**
 * `npm run keys`: makes, lists, replaces and revokes API keys, for a server whose `signIn` in src/server.ts is
 * `apiKeys()`. A key is printed once, alone on standard output. Only its SHA-256 and its record are stored.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { type ApiKey, apiKeySchema, makeKey, RECORD_PREFIX, recordName } from "../auth/api-key.ts";
import { parseCommand, runCommand } from "./command.ts";
import { ROOT, WRANGLER } from "./paths.ts";

const HELP = `Makes API keys for a server whose signIn in src/server.ts is apiKeys().

  npm run keys -- create NAME [--permission P]... [--scope S]... [--days N]
  npm run keys -- list
  npm run keys -- replace ID      (a new key for the same user; the old one stops)
  npm run keys -- revoke ID

  --permission P   what the key may do, such as image_generation; none if left out
  --scope S        which part of the server it is for; all if left out
  --days N         when it expires; never if left out
  --remote         keys of the deployed server; without it, of npm start on this computer
  --persist-to D   where npm start keeps its state, if it was told so
  --env E          the environment of wrangler.jsonc`;

const OPTIONS = {
	permission: { type: "string", multiple: true },
	scope: { type: "string", multiple: true },
	days: { type: "string" },
	remote: { type: "boolean" },
	"persist-to": { type: "string" },
	env: { type: "string" },
	help: { type: "boolean" },
	key: { type: "string" },
} as const;

const parse = () => parseCommand({ script: "keys", help: HELP, options: OPTIONS });

type Options = ReturnType<typeof parse>["values"];

/** The server whose keys to manage. */
type Place = Pick<Options, "remote" | "persist-to" | "env">;

/** The maximum size of metadata in Workers KV. `list` reads the records from there. */
const MAX_METADATA_BYTES = 1024;
/** A list of 1,000 keys takes about a third of this. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const ATTEMPTS = 5;
const DAY_SECONDS = 24 * 60 * 60;
const MAX_DAYS = 3650;

const listedSchema = z.array(z.object({ name: z.string(), metadata: apiKeySchema }));
type Listed = z.infer<typeof listedSchema>[number];

await runCommand(run);

async function run(): Promise<void> {
	const { values, positionals } = parse();
	const [command = "help", subject, ...more] = positionals;
	if (values.help || command === "help") return console.log(HELP);
	if (values.key !== undefined)
		throw new Error("You cannot choose a key: this command generates one that cannot be guessed.");
	if (more.length > 0)
		throw new Error(
			`What is ${more.join(" ")}? A name of several words goes into quotes, and flags come after \`--\`.\n\n${HELP}`,
		);
	switch (command) {
		case "create":
			return create(subject, values);
		case "list":
			return print(await list(values));
		case "replace":
			return replace(await find(subject, values), values);
		case "revoke":
			return revoke(await find(subject, values), values);
		default:
			throw new Error(`There is no command ${command}.\n\n${HELP}`);
	}
}

async function create(name: string | undefined, { permission, scope, days, ...options }: Options): Promise<void> {
	if (!name) throw new Error("Name the user or program that the key is for: npm run keys -- create NAME");
	if (days !== undefined && !(/^[1-9]\d*$/.test(days) && Number(days) <= MAX_DAYS)) {
		throw new Error(`--days takes a whole number from 1 to ${MAX_DAYS}.`);
	}
	const createdAt = now();
	const { data, error } = apiKeySchema.safeParse({
		id: randomBytes(6).toString("hex"),
		name,
		permissions: permission?.flatMap(words) ?? [],
		...(scope && { scopes: scope.flatMap(words) }),
		createdAt,
		...(days !== undefined && { expiresAt: createdAt + Number(days) * DAY_SECONDS }),
	} satisfies ApiKey);
	if (error) throw new Error(`This name will not do: ${error.issues[0]?.message}.`);
	await store(data, options);
}

/** Stores the new key before it deletes the old one, so that one of them always works. */
async function replace({ name, metadata }: Listed, options: Options): Promise<void> {
	await store(metadata, options);
	await wrangler(["delete", name], options);
	console.error(`The key before it stops${options.remote ? " within a minute" : ""}.`);
}

async function revoke({ name, metadata }: Listed, options: Options): Promise<void> {
	await wrangler(["delete", name], options);
	console.error(
		`The key of ${metadata.name} (${metadata.id}) is revoked${options.remote ? ": it stops within a minute" : ""}.`,
	);
}

async function store(record: ApiKey, options: Place): Promise<void> {
	const text = JSON.stringify(record);
	if (Buffer.byteLength(text) > MAX_METADATA_BYTES) {
		throw new Error("The name, the permissions and the scopes of a key take 1 KiB at most, together.");
	}
	const key = makeKey();
	const expiry = record.expiresAt === undefined ? [] : ["--expiration", String(record.expiresAt)];
	await wrangler(["put", await recordName(key), text, "--metadata", text, ...expiry], options);
	console.error(
		`${describe(record)}\nIt is shown only now. Clients send it as the header Authorization: Bearer <key>\n`,
	);
	console.log(key);
}

async function list(options: Options): Promise<Listed[]> {
	const printed = await wrangler(["list", "--prefix", RECORD_PREFIX], options);
	const { data, error } = listedSchema.safeParse(JSON.parse(printed.slice(printed.indexOf("["))));
	if (error) throw new Error(`A record was not made by this command: ${z.prettifyError(error)}`);
	return data.sort((one, other) => one.metadata.createdAt - other.metadata.createdAt);
}

async function find(id: string | undefined, options: Options): Promise<Listed> {
	const listed = await list(options);
	const found = listed.find(({ metadata }) => metadata.id === id);
	if (found) return found;
	const where = options.remote ? "on the deployed server" : "on this computer (for the deployed server, add --remote)";
	throw new Error(`There is no key with the ID ${id ?? "that is left out"} ${where}. See: npm run keys -- list`);
}

function print(listed: readonly Listed[]): void {
	if (listed.length === 0) console.log("There are no keys. Make one: npm run keys -- create NAME");
	for (const { metadata } of listed) console.log(describe(metadata));
}

function describe({ id, name, permissions, scopes, expiresAt }: ApiKey): string {
	const parts = [
		`user key-${id}`,
		`permissions: ${permissions.join(", ") || "none"}`,
		`scopes: ${scopes?.join(", ") ?? "all"}`,
		expiresAt === undefined ? "does not expire" : `expires ${new Date(expiresAt * 1000).toISOString()}`,
	];
	return `${id}  ${name}  (${parts.join("; ")})`;
}

/** One flag may hold several names, as in settings. */
function words(text: string): string[] {
	return text.split(/[\s,]+/).filter((word) => word !== "");
}

function now(): number {
	return Math.floor(Date.now() / 1000);
}

/** Runs `wrangler kv key`. @returns its output @throws Error with all of its output if it fails */
async function wrangler(
	[command = "", ...args]: readonly string[],
	{ remote, env: environment, "persist-to": persistTo }: Place,
): Promise<string> {
	const place = remote ? ["--remote"] : ["--local", ...(persistTo === undefined ? [] : ["--persist-to", persistTo])];
	const flags = ["--binding", "OAUTH_KV", ...place, ...(environment === undefined ? [] : ["--env", environment])];
	const line = [WRANGLER, "kv", "key", command, ...args, ...flags];
	for (let attempt = 1; ; attempt++) {
		try {
			const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
			const options = { cwd: ROOT, env, maxBuffer: MAX_OUTPUT_BYTES };
			const { stdout } = await promisify(execFile)(process.execPath, line, options);
			return stdout;
		} catch (error) {
			const { stdout = "", stderr = String(error) } = error as { stdout?: string; stderr?: string };
			// A running local server writes to the same file.
			if (/SQLITE_BUSY/.test(stderr) && attempt < ATTEMPTS) continue;
			throw new Error(`Wrangler could not do that:\n${stdout}${stderr}`, { cause: error });
		}
	}
}
