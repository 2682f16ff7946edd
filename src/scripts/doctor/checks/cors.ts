/** What a web page needs to be a client: preflights, and headers that it may read. */
import { opening, place } from "../access.ts";
import { authorizationServer, hasSignIn, resource } from "../authorization.ts";
import { type Check, ok, skipped, warning } from "../check.ts";
import { brief, initialize, post } from "../messages.ts";
import type { Answer, Target } from "../target.ts";

/** The MCP Inspector's page. */
const PAGE = "http://localhost:6274";
const SOURCE = "Fetch Standard, CORS; MCP Inspector and other clients in a browser";
const SENT = [
	"authorization",
	"content-type",
	"mcp-protocol-version",
	"mcp-session-id",
	"last-event-id",
	"mcp-method",
	"mcp-name",
];

const listOf = (answer: Answer, header: string) =>
	(answer.headers.get(header) ?? "")
		.toLowerCase()
		.split(",")
		.map((one) => one.trim());

const isAllowed = ({ headers }: Answer) => ["*", PAGE].includes(headers.get("Access-Control-Allow-Origin") ?? "");

/** @returns what is wrong with the answer to a preflight; undefined if a page may go on */
async function findObstacle(target: Target, url: URL | string, method: string, sent: readonly string[]) {
	const answer = await target.ask("OPTIONS", url, {
		headers: {
			Origin: PAGE,
			"Access-Control-Request-Method": method,
			"Access-Control-Request-Headers": sent.join(","),
		},
	});
	if (answer.status < 200 || answer.status > 299) return `${answer.request} answered ${brief(answer)}`;
	if (!isAllowed(answer)) return `${answer.request} does not allow the origin ${PAGE}`;
	const allowed = listOf(answer, "Access-Control-Allow-Headers");
	// The asterisk does not stand for Authorization.
	const missing = sent.filter((one) => !allowed.includes(one) && (one === "authorization" || !allowed.includes("*")));
	return missing.length > 0 ? `${answer.request} does not allow the headers ${missing.join(", ")}` : undefined;
}

export const preflight: Check = {
	id: "preflight",
	title: "A web page may call the endpoint",
	async *run(target) {
		const { access } = await target.learn(place);
		const sent = SENT.filter((one) => access === "closed" || one !== "authorization");
		const obstacle = await findObstacle(target, target.url, "POST", sent);
		if (obstacle === undefined) yield ok(`OPTIONS ${target.url} allows what clients in a browser send.`);
		else yield warning(`${obstacle}.`, "Answer preflights with 204, without a token, and allow these headers.", SOURCE);
	},
};

export const exposed: Check = {
	id: "exposed-headers",
	title: "A web page may read the answers",
	async *run(target) {
		if ((await target.learn(opening)).status >= 500) return;
		const answer = await post(target, initialize(), { Origin: PAGE });
		if (!isAllowed(answer)) {
			yield warning(
				`${answer.request} from the origin ${PAGE} answered ${brief(answer)} without Access-Control-Allow-Origin.`,
				"Send Access-Control-Allow-Origin with every answer, refusals included.",
				SOURCE,
			);
			return;
		}
		const names = ["Mcp-Session-Id", "WWW-Authenticate"].filter((name) => answer.headers.has(name));
		const listed = listOf(answer, "Access-Control-Expose-Headers");
		const hidden = names.filter((name) => !listed.includes(name.toLowerCase()) && !listed.includes("*"));
		if (hidden.length === 0) yield ok(`${answer.request} lets a page read ${names.join(" and ") || "its answer"}.`);
		else {
			yield warning(
				`${answer.request} does not expose ${hidden.join(", ")}.`,
				`Add ${hidden.join(", ")} to Access-Control-Expose-Headers.`,
				SOURCE,
			);
		}
	},
};

export const signInCors: Check = {
	id: "sign-in-cors",
	title: "A web page may sign in",
	async *run(target) {
		if (!(await hasSignIn(target))) {
			yield skipped("Clients do not sign in to this server by themselves.");
			return;
		}
		const documents = [await target.learn(resource), await target.learn(authorizationServer)];
		const obstacles: string[] = [];
		for (const document of documents) {
			if (!document) continue;
			const answer = await target.ask("GET", document.url, { headers: { Origin: PAGE } });
			if (!isAllowed(answer)) obstacles.push(`${answer.request} does not allow the origin ${PAGE}`);
			// The SDKs send a header of their own with it.
			obstacles.push(
				...[await findObstacle(target, document.url, "GET", ["mcp-protocol-version"])].filter(
					(one) => one !== undefined,
				),
			);
		}
		for (const name of ["registration_endpoint", "token_endpoint"]) {
			const url = documents[1]?.body?.[name];
			if (typeof url !== "string" || !URL.canParse(url)) continue;
			const obstacle = await findObstacle(target, url, "POST", ["content-type"]);
			if (obstacle !== undefined) obstacles.push(obstacle);
		}
		if (obstacles.length === 0) yield ok("The metadata, the registration and the tokens are open to web pages.");
		else yield warning(`${obstacles.join("; ")}.`, "Allow any origin there: no cookie is involved.", SOURCE);
	},
};

export const CORS = [preflight, exposed, signInCors];
