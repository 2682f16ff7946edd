/** The arguments of `npm run setup`, and the values that come without a question. */
import { text } from "node:stream/consumers";
import { parseEnv } from "node:util";
import { isLoopbackUrl } from "../../http/loopback.ts";
import { parseCommand } from "../command.ts";
import type { Variables } from "../dev-vars.ts";
import { isSecret } from "./answer.ts";

export const HELP = `Sets up the sign-in: asks for what the server needs, checks it, and writes the settings.

  npm run setup                   asks, and writes .dev.vars, for npm start
  npm run setup -- --remote       asks, and writes .production.vars, which npm run deploy uploads
  npm run setup -- --put          asks, and stores the settings in the deployed server, in no file

Without questions, when there is no terminal or some of these are given:

  --provider P       an identity provider, such as github; an unknown one lists them all
  --client-id ID     its client ID
  --set NAME=VALUE   any other setting, such as OIDC_ISSUER or ALLOWED_DOMAINS; without a value, it is emptied
  --stdin            reads lines NAME=VALUE from standard input
  --operator-key     makes an OPERATOR_KEY, for npm run grants

  Secrets come from --stdin, or from environment variables with the names of the settings. They are not taken as
  arguments, which every user of the computer can see.

  --host A           the address of the deployed server, such as https://mcp.example.com, for the callback URL
  --env E            the environment of wrangler.jsonc: writes .dev.vars.E, or .production.vars.E
  --no-check         does not ask the identity provider whether the settings fit
  --ask              asks although standard input is no terminal`;

const OPTIONS = {
	provider: { type: "string", multiple: true },
	"client-id": { type: "string" },
	set: { type: "string", multiple: true },
	stdin: { type: "boolean" },
	"operator-key": { type: "boolean" },
	local: { type: "boolean" },
	remote: { type: "boolean" },
	put: { type: "boolean" },
	host: { type: "string" },
	env: { type: "string" },
	"no-check": { type: "boolean" },
	ask: { type: "boolean" },
	help: { type: "boolean" },
} as const;

/** @throws Error with a sentence for an argument that is wrong */
export function readOptions() {
	const { values, positionals } = parseCommand({ script: "setup", help: HELP, options: OPTIONS });
	if (positionals.length > 0) throw new Error(`What is ${positionals.join(" ")}? Flags come behind \`--\`.\n\n${HELP}`);
	if ([values.local, values.remote, values.put].filter(Boolean).length > 1) {
		throw new Error("Choose one of --local, --remote and --put.");
	}
	if (values.env !== undefined && !/^[\w-]+$/.test(values.env))
		throw new Error("--env takes the name of an environment.");
	return { ...values, host: values.host === undefined ? undefined : readHost(values.host) };
}

export type Options = ReturnType<typeof readOptions>;

/** @returns the origin @throws Error for what is no address of a deployed server */
export function readHost(text: string): string {
	const address = /^https?:\/\//.test(text) ? text : `https://${text}`;
	const url = URL.canParse(address) ? new URL(address) : undefined;
	const isSafe = url?.protocol === "https:" || (url && isLoopbackUrl(url));
	if (!url || !isSafe || `${url.pathname}${url.search}${url.hash}` !== "/" || url.username !== "") {
		throw new Error("The address of the server is like https://mcp.example.com: with https, and without a path.");
	}
	return url.origin;
}

/**
 * @returns the settings that flags and standard input give, by name
 * @throws Error with a sentence for one that is not NAME=VALUE, or a secret among the arguments
 */
export async function readGiven(options: Options): Promise<Variables> {
	const given: Record<string, string> = {};
	for (const pair of options.set ?? []) {
		const [, name, value] = /^([A-Z][A-Z\d_]*)=(.*)$/s.exec(pair) ?? [];
		if (name === undefined || value === undefined)
			throw new Error("--set takes NAME=VALUE, such as ALLOWED_DOMAINS=example.com.");
		if (isSecret(name) && value !== "")
			throw new Error(`${name} is a secret, and every user of the computer can see arguments. ${HOW_SECRETS_COME}`);
		given[name] = value;
	}
	if (options.stdin) Object.assign(given, parseEnv(await text(process.stdin)));
	return given;
}

export const HOW_SECRETS_COME = "Set an environment variable of this name, or use --stdin, with a line NAME=VALUE.";
