/** The greeting that `npm start` prints when the server responds: its address, and what to do next. */
import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { z } from "zod";

/** The home page's JSON, or the error if the server does not work yet. */
const answerSchema = z.union([
	z.object({
		name: z.string(),
		title: z.string(),
		mcp: z.string(),
		sse: z.string(),
		others: z.array(z.object({ title: z.string(), url: z.string(), command: z.string().optional() })),
		try_it: z.array(z.object({ url: z.string() })).default([]),
		sign_in: z.union([z.enum(["built-in", "api-key", "none"]), z.array(z.string())]),
		callback: z.string().optional(),
		open_to: z.array(z.string()).default([]),
	}),
	z.object({ error_description: z.string() }),
]);

type Answer = z.infer<typeof answerSchema>;

const SIGN_IN = {
	"built-in": "any email address and any password will do, on this computer.",
	"api-key": "with an API key. Make one: npm run keys -- create NAME",
	none: "none. Anyone who reaches this address can call its tools.",
};

const LIMITS =
	"To let in only some: ALLOWED_USERS, ALLOWED_DOMAINS, GITHUB_ALLOWED_ORGANIZATIONS or ALLOWED_CLAIM in .dev.vars.";

/** @returns the text; undefined if the server does not respond */
export async function greeting(origin: string): Promise<string | undefined> {
	const answer = await ask(origin);
	return (
		answer && ("error_description" in answer ? problem(origin, answer.error_description) : welcome(origin, answer))
	);
}

function problem(origin: string, description: string): string {
	return `
Remote MCP server: ${origin}

  It does not work yet: ${description}

  Stop with Ctrl-C.
`;
}

function welcome(
	origin: string,
	{ name, title, mcp, sse, others, try_it, sign_in, callback, open_to }: Exclude<Answer, { error_description: string }>,
): string {
	const signIn = Array.isArray(sign_in)
		? `with ${new Intl.ListFormat("en", { type: "disjunction" }).format(sign_in)}. Register this callback there: ${callback}`
		: SIGN_IN[sign_in];
	const open = [...open_to, ...(open_to.length > 0 ? [LIMITS] : [])].map(
		(sentence) => `\n${" ".repeat(28)}${sentence}`,
	);
	const header = sign_in === "api-key" ? ' --header "Authorization: Bearer YOUR_API_KEY"' : "";
	const otherLines = others.map(({ title, url, command }) => {
		return `\n  ${`${title}:`.padEnd(26)}${url}${command === undefined ? "" : `      (${command})`}`;
	});
	const tryLines = try_it.map(({ url }) => `  Try it in your browser:   ${url}\n`);
	return `
${title}: ${origin}

${tryLines.join("")}  Address for MCP clients:  ${mcp}      (older clients: ${sse})${otherLines.join("")}
  Claude Code:              claude mcp add --transport http ${name} ${mcp}${header}
  MCP Inspector:            npx @modelcontextprotocol/inspector --transport http --server-url ${mcp}${header}
  More clients:             ${origin}/
  Sign-in:                  ${signIn}${open.join("")}

  Stop with Ctrl-C.
`;
}

/** Fetches the home page. The certificate is not verified, because a local server signs its own. */
function ask(origin: string): Promise<Answer | undefined> {
	const options = { headers: { Accept: "application/json" }, rejectUnauthorized: false };
	return new Promise((resolve) => {
		const get = origin.startsWith("https:") ? getHttps : getHttp;
		const request = get(origin, options, async (response) => {
			const text = await response.toArray().then((chunks) => Buffer.concat(chunks).toString());
			resolve(answerSchema.safeParse(parse(text)).data);
		});
		request.on("error", () => resolve(undefined));
	});
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
