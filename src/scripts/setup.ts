/**
 * `npm run setup`: asks for an identity provider and its keys, checks them, and writes the settings. It can run again: it
 * changes only what is answered, and writes nothing before the end.
 */
import { randomBytes } from "node:crypto";
import { runCommand } from "./command.ts";
import { isSecret, type Provider } from "./setup/answer.ts";
import { registration } from "./setup/callback.ts";
import { checkProvider, checkSettings } from "./setup/check.ts";
import { Collection } from "./setup/collect.ts";
import { HELP, HOW_SECRETS_COME, type Options, readGiven, readHost, readOptions } from "./setup/options.ts";
import { findPlace, type Place } from "./setup/place.ts";
import { askProviders, findProvider } from "./setup/providers.ts";
import { Questions } from "./setup/questions.ts";
import { askWhoMaySignIn, whoMaySignIn } from "./setup/who.ts";
import { loadWorkerCode, type WorkerCode } from "./worker-code.ts";

const KEY_BYTES = 32;
const NO_PROVIDERS = {
	"api-key": "src/server.ts lets users in with API keys, which npm run keys makes. Identity providers have no effect.",
	none: "src/server.ts lets anyone in. Identity providers have no effect.",
};

await runCommand(run);

async function run(): Promise<void> {
	const options = readOptions();
	if (options.help) return console.log(HELP);
	const canAsk = options.ask === true || (process.stdin.isTTY === true && !options.stdin);
	const isGiven = (options.provider ?? options.set ?? options.stdin ?? options["operator-key"]) !== undefined;
	if (!canAsk && !isGiven) throw new Error(`There is no terminal to ask on. Say what to set up:\n\n${HELP}`);
	const place = await findPlace(options);
	const code = await loadWorkerCode();
	const way = code.wayIn({});
	if (typeof way === "string") console.log(NO_PROVIDERS[way]);
	const questions = canAsk && (options.ask || !isGiven) ? new Questions(process.stdin, process.stdout) : undefined;
	try {
		const collection = await collect(options, place, code, questions);
		questions?.finish();
		await finish(collection, place);
	} finally {
		questions?.close();
	}
}

async function collect(options: Options, place: Place, code: WorkerCode, questions?: Questions): Promise<Collection> {
	const given = { ...(await readGiven(options)) };
	const named = options.provider
		?.flatMap((names) => names.split(","))
		.map((name) => findProvider(code.providers, name.trim()));
	if (options["client-id"] !== undefined) given[clientIdOf(named)] = options["client-id"];
	const chosen =
		named ?? (questions ? await askProviders(code.providers, questions, (name) => place.names.has(name)) : []);
	if (!questions) takeEnvironment(given, chosen);
	const collection = new Collection(place, given, questions);
	collection.takeGiven();
	const host =
		options.host ?? (questions && !place.isLocal && chosen.length > 0 ? await askHost(questions) : undefined);
	for (const provider of chosen) {
		console.log(registration(provider, host, place.isLocal));
		await collection.require(provider);
	}
	if (collection.missing.length > 0) throw new Error(explainMissing(collection.missing));
	if (questions && chosen.length > 0) await askWhoMaySignIn(collection, chosen);
	makeKeys(collection, options["operator-key"] || (await wantsOperatorKey(collection, questions)));
	for (const provider of chosen) await checkProvider(provider, collection, options["no-check"] === true, questions);
	checkSettings(collection.changes, place, code);
	return collection;
}

function clientIdOf(named: readonly Provider[] | undefined): string {
	const [name] = named?.length === 1 ? (named[0]?.required.filter((one) => one.endsWith("_CLIENT_ID")) ?? []) : [];
	if (name === undefined) throw new Error("--client-id goes with one --provider. For several, use --set NAME=VALUE.");
	return name;
}

/** Settings in the environment count if nothing is asked: with questions, a forgotten one would surprise. */
function takeEnvironment(given: Record<string, string | undefined>, chosen: readonly Provider[]): void {
	for (const name of chosen.flatMap(({ required, optional }) => [...required, ...optional]))
		given[name] ??= process.env[name];
}

function explainMissing(missing: readonly string[]): string {
	const lines = missing.map((name) =>
		isSecret(name)
			? `  ${name}: ${HOW_SECRETS_COME}`
			: `  ${name}: --set ${name}=…, or an environment variable of this name.`,
	);
	return `These settings are missing, and nothing was written:\n${lines.join("\n")}`;
}

async function askHost(questions: Questions): Promise<string | undefined> {
	for (;;) {
		const answer = await questions.ask(
			"\nThe address of the deployed server, such as https://mcp.example.com; Enter if you do not know it yet:",
		);
		if (answer === "") return undefined;
		try {
			return readHost(answer);
		} catch (error) {
			console.log(error instanceof Error ? error.message : error);
		}
	}
}

async function wantsOperatorKey(collection: Collection, questions: Questions | undefined): Promise<boolean> {
	if (!questions || collection.has("OPERATOR_KEY")) return false;
	console.log("");
	return questions.confirm("Make an OPERATOR_KEY, with which npm run grants sees and ends the access of any user?");
}

function makeKeys(collection: Collection, hasOperator: boolean): void {
	for (const name of ["COOKIE_ENCRYPTION_KEY", ...(hasOperator ? ["OPERATOR_KEY"] : [])]) {
		if (!collection.has(name)) collection.changes.set(name, randomBytes(KEY_BYTES).toString("hex"));
	}
}

async function finish(collection: Collection, place: Place): Promise<void> {
	const { changes } = collection;
	if (changes.size === 0) console.log(`\nNothing to change: ${place.title} stays as it is.`);
	else {
		await place.store(changes);
		console.log(`\nWritten to ${place.title}:`);
		for (const [name, value] of changes) console.log(`  ${name}: ${value === "" ? "emptied" : "set"}`);
	}
	const kept = [...place.names].filter((name) => !changes.has(name));
	if (kept.length > 0) console.log(`Set before, and kept: ${kept.join(", ")}.`);
	console.log(whoMaySignIn(collection));
	console.log(`Next: ${place.next}`);
}
