/** Each fault is found and named, and a good server has none. */
import { expect, it, onTestFinished } from "vitest";
import { examine, type Report } from "../../../src/scripts/doctor/examine.ts";
import { type Break, type Reply, startFixture, TOKEN } from "./fixture.ts";

const TIMEOUT_MILLISECONDS = 5_000;

async function examineFixture(breaks?: Break, path = "/mcp", atEnd = onTestFinished): Promise<Report> {
	const origin = await startFixture(breaks, atEnd);
	const options = { token: TOKEN, timeoutMilliseconds: TIMEOUT_MILLISECONDS, clientDocument: `${origin}/document` };
	return examine(origin + path, options);
}

/** What a report complains of. */
const complaints = ({ findings }: Report) =>
	findings
		.filter(({ status }) => status === "fault" || status === "warning")
		.map(({ id, status }) => `${status} ${id}`);

const at =
	(path: string, change: (reply: Reply) => void): Break =>
	(reply, { url, method }) => {
		if (url.pathname === path && method !== "OPTIONS") change(reply);
	};
const member =
	(path: string, name: string, value: unknown): Break =>
	(reply, { url, method }) => {
		if (url.pathname === path && method !== "OPTIONS") Object.assign(Object(reply.body), { [name]: value });
	};
/** A change of what a message is answered with. */
const on =
	(called: string, change: (reply: Reply, result: Record<string, unknown>) => void): Break =>
	(reply, { message, headers }) => {
		if (message.method === called && headers.authorization?.endsWith(TOKEN))
			change(reply, Object(Object(reply.body).result));
	};
/** A change of what a client without a token gets. */
const refused = (change: (reply: Reply) => void): Break => at("/mcp", (reply) => reply.status === 401 && change(reply));

const RESOURCE = "/.well-known/oauth-protected-resource/mcp";
const SERVER = "/.well-known/oauth-authorization-server";

const BROKEN: Record<string, [breaks: Break, complaints: string[]]> = {
	"a challenge that is missing": [
		refused((reply) => delete reply.headers["WWW-Authenticate"]),
		["fault challenge", "warning random-bearer"],
	],
	"a challenge without resource_metadata": [
		refused((reply) => (reply.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"')),
		["warning challenge"],
	],
	"a challenge that leads nowhere": [
		(reply, { origin }) => {
			if (reply.status !== 401) return;
			reply.headers["WWW-Authenticate"] = `Bearer error="invalid_token", resource_metadata="${origin}/nowhere"`;
		},
		["fault challenge"],
	],
	"a made-up token that works": [
		(reply, { headers }) => {
			if (/doctor-/.test(headers.authorization ?? "")) Object.assign(reply, { status: 200, body: {} });
		},
		["fault random-bearer"],
	],
	"a bad token that is forbidden": [
		(reply, { headers }) => {
			if (/doctor-/.test(headers.authorization ?? "")) reply.status = 403;
		},
		["fault random-bearer"],
	],
	"a made-up token in the query that works": [
		(reply, { url }) => {
			if (url.searchParams.has("access_token")) Object.assign(reply, { status: 200, body: {} });
		},
		["fault query-token"],
	],
	"metadata that names no authorization server": [
		member(RESOURCE, "authorization_servers", []),
		["fault resource-metadata"],
	],
	"a resource with a slash too many": [
		(reply, { url, origin }) => {
			if (url.pathname === RESOURCE) Object.assign(Object(reply.body), { resource: `${origin}/mcp/` });
		},
		["fault audience"],
	],
	"no metadata of the authorization server": [
		at(SERVER, (reply) => Object.assign(reply, { status: 404, body: "<!doctype html>" })),
		["fault server-metadata"],
	],
	"an endpoint that is no address": [member(SERVER, "token_endpoint", "/token"), ["fault server-metadata"]],
	"metadata without response types": [member(SERVER, "response_types_supported", undefined), ["fault server-metadata"]],
	"an issuer with a slash too many": [
		(reply, { url, origin }) => {
			if (url.pathname === SERVER) Object.assign(Object(reply.body), { issuer: `${origin}/` });
		},
		["fault issuer"],
	],
	"no S256": [member(SERVER, "code_challenge_methods_supported", undefined), ["fault pkce"]],
	"no iss": [member(SERVER, "authorization_response_iss_parameter_supported", undefined), ["warning iss"]],
	"no way to become a client": [
		(reply, asked) => {
			member(SERVER, "registration_endpoint", undefined)(reply, asked);
			member(SERVER, "client_id_metadata_document_supported", undefined)(reply, asked);
		},
		["warning way-in"],
	],
	"clients that need a secret": [
		member(SERVER, "token_endpoint_auth_methods_supported", ["client_secret_basic"]),
		["warning public-clients"],
	],
	"a registration that is refused": [at("/register", (reply) => (reply.status = 400)), ["fault registration"]],
	"redirect URIs that are lost": [member("/register", "redirect_uris", []), ["fault registration"]],
	"a code without PKCE": [
		at("/authorize", (reply) => {
			if (reply.status === 302) reply.headers.Location = "http://127.0.0.1:33418/callback?code=1&state=doctor";
		}),
		["fault pkce-required"],
	],
	"an open redirection": [
		at("/authorize", (reply) => {
			if (reply.status !== 400) return;
			Object.assign(reply, { status: 302 });
			reply.headers.Location = "https://doctor.invalid/callback?error=invalid_request";
		}),
		["fault redirect-uri"],
	],
	"an authorization endpoint that fails": [
		at("/authorize", (reply) => (reply.status = 500)),
		["fault authorize", "warning pkce-required", "warning redirect-uri", "fault client-document"],
	],
	"a metadata document that is refused": [
		(reply, { url }) => {
			if (url.searchParams.get("client_id")?.endsWith("/document")) reply.status = 400;
		},
		["fault client-document"],
	],
	"a preflight that wants a token": [
		(reply, { method, url }) => {
			if (method === "OPTIONS" && url.pathname === "/mcp") reply.status = 401;
		},
		["warning preflight"],
	],
	"a preflight without a header of 2026-07-28": [
		(reply, { method, url }) => {
			if (method === "OPTIONS" && url.pathname === "/mcp") {
				reply.headers["Access-Control-Allow-Headers"] = "*, authorization".replace("*", "content-type");
			}
		},
		["warning preflight"],
	],
	"a challenge that a page cannot read": [
		refused((reply) => delete reply.headers["Access-Control-Expose-Headers"]),
		["warning exposed-headers"],
	],
	"metadata that a page cannot read": [
		at(RESOURCE, (reply) => delete reply.headers["Access-Control-Allow-Origin"]),
		["warning sign-in-cors"],
	],
	"bot protection against Claude": [
		(reply, { headers }) => {
			if (headers["user-agent"]?.startsWith("Claude")) Object.assign(reply, { status: 403, body: "<!doctype html>" });
		},
		["fault user-agents"],
	],
	"a rate limit for Python": [
		(reply, { headers }) => {
			if (headers["user-agent"]?.startsWith("python")) reply.status = 429;
		},
		["warning user-agents"],
	],
	"a slash that is redirected": [
		at("/mcp/", (reply) => {
			reply.status = 301;
			reply.headers.Location = "/mcp";
		}),
		["warning trailing-slash"],
	],
	"a clock that is wrong": [
		(reply) => {
			reply.headers.Date = new Date(Date.now() - 600_000).toUTCString();
		},
		["warning clock"],
	],
	"a page for GET": [
		(reply, { method, url, headers }) => {
			if (method !== "GET" || url.pathname !== "/mcp" || headers.authorization === undefined) return;
			Object.assign(reply, { status: 200, body: "<!doctype html>" });
			reply.headers["Content-Type"] = "text/html";
		},
		["warning get"],
	],
	"a version that nobody asked for": [
		on("initialize", (_, result) => Object.assign(result, { protocolVersion: "2020-01-01" })),
		// A session of such a version is none.
		["fault initialize", "fault negotiation", "fault session", "warning session-end", "fault discover"],
	],
	"an unknown version that is refused": [
		(reply, { message }) => {
			if (message.params?.protocolVersion === "2099-01-01") Object.assign(reply, { status: 400, body: {} });
		},
		["fault negotiation"],
	],
	"a notification that is refused": [
		on("notifications/initialized", (reply) => (reply.status = 400)),
		["fault session"],
	],
	"a list that is not there": [
		on("initialize", (_, result) => Object.assign(result, { capabilities: { prompts: {} } })),
		["fault session"],
	],
	"an unknown version header that is accepted": [
		(reply, { headers }) => {
			if (headers["mcp-protocol-version"] === "1999-01-01") Object.assign(reply, { status: 200, body: {} });
		},
		["warning version-header"],
	],
	"an ended session that goes on": [
		(reply) => {
			if (reply.status === 404 && reply.body === undefined) reply.status = 200;
		},
		["warning session-end"],
	],
	"discover without its own version": [
		on("server/discover", (_, result) => Object.assign(result, { supportedVersions: ["2025-11-25"] })),
		["fault discover"],
	],
	"discover with a capability that is not there": [
		on("server/discover", (_, result) => Object.assign(result, { capabilities: { resources: {} } })),
		["fault discover-capabilities"],
	],
	"a version of the future that is served": [
		(reply, { headers }) => {
			if (headers["mcp-protocol-version"] === "2099-01-01") Object.assign(reply, { status: 200, body: {} });
		},
		["warning version-skew"],
	],
	"an SSE stream that sends messages elsewhere": [
		at("/sse", (reply) => {
			Object.assign(reply, { status: 200, body: "event: endpoint\ndata: https://doctor.invalid/message\n\n" });
			reply.headers["Content-Type"] = "text/event-stream";
		}),
		["fault sse"],
	],
	"a server that anyone with an account can sign in to": [
		at("/", (reply) => {
			Object.assign(reply, { status: 200, body: { sign_in: ["GitHub"], open_to: ["Anyone at GitHub can sign in."] } });
		}),
		["warning who-may-sign-in"],
	],
	"a setting that lets in no user of a provider": [
		at("/", (reply) => {
			Object.assign(reply, { status: 200, body: { sign_in: ["Slack"], shut_out: ["It lets none of its users in."] } });
		}),
		["warning who-may-sign-in"],
	],
	"metadata that never comes": [at(SERVER, (reply) => (reply.hangs = true)), ["fault server-metadata"]],
};

it("has nothing to complain of in a good server", async () => {
	const report = await examineFixture();
	expect(complaints(report)).toEqual([]);
	expect(report.counts.ok).toBeGreaterThan(25);
	expect(JSON.stringify(report)).not.toContain(TOKEN);
});

it.concurrent.for(Object.entries(BROKEN))("finds %s", async ([, [breaks, expected]], { onTestFinished: atEnd }) => {
	const report = await examineFixture(breaks, "/mcp", atEnd);
	expect([...new Set(complaints(report))]).toEqual(expected);
	for (const { what, do: advice } of report.findings.filter(
		({ status }) => status === "fault" || status === "warning",
	)) {
		expect(what).toMatch(/\.$/);
		expect(advice).toBeTruthy();
	}
});
