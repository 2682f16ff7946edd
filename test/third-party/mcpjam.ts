/**
 * Runs the conformance suites of `@mcpjam/sdk` against `npm start`, and prints what they find. They are no dev dependency
 * because of their size: docs/conformance-and-benchmarks.md, "Other suites", has the commands and explains the findings.
 *
 *     npx node src/scripts/run.cjs test/third-party/mcpjam.ts <the folder in which @mcpjam/sdk is installed>
 */
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { findFreePort, startServer } from "../e2e/server.ts";
import { signInAndReturn } from "../e2e/sign-in.ts";

type Check = { id?: string; step?: string; status: "passed" | "failed" | "skipped"; error?: { message: string } };
type Suite<Result> = new (config: object) => { run(): Promise<Result> };
type Sdk = {
	OAuthConformanceTest: Suite<{ steps: Check[]; credentials?: { accessToken?: string } }>;
	MCPConformanceTest: Suite<{ checks: Check[] }>;
	MCPAppsConformanceTest: Suite<{ checks: Check[] }>;
	runServerDoctor(input: object): Promise<{ status: string; error: { message: string } | null }>;
};

/** The versions that the suite's OAuth flows know. */
const OAUTH_VERSIONS = ["2025-03-26", "2025-06-18", "2025-11-25"];
/** The version in all that the protocol suite sends. */
const SUITE_VERSION = "2025-11-25";
const SESSION_VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", SUITE_VERSION];
const AUTH_METHODS = ["none", "client_secret_post", "client_secret_basic"];
const INTERACTIVE = { mode: "interactive", openUrl: signInAndReturn };
/**
 * The checks and a tool call are two runs: a check sends the code a second time, at which the server ends the grant
 * (RFC 6749 section 4.1.2), so that the token is good for nothing after it.
 */
const PARTS = {
	checks: { oauthConformanceChecks: true },
	"tool call": { verification: { listTools: true, callTool: { name: "add", params: { a: 2, b: 3 } } } },
};
const MESSAGE_LENGTH = 150;

const server = await startServer();
try {
	const sdk = await loadSdk(process.argv[2] ?? ".");
	for (const version of OAUTH_VERSIONS) await runOAuth(sdk, version);
	for (const path of ["/mcp", "/sse"]) await runProtocol(sdk, server.origin + path);
} finally {
	await server.stop();
}

function loadSdk(folder: string): Promise<Sdk> {
	const installed = createRequire(resolve(folder, "package.json"));
	return import(pathToFileURL(installed.resolve("@mcpjam/sdk")).href);
}

async function runOAuth(sdk: Sdk, protocolVersion: string): Promise<void> {
	const flow = { serverUrl: `${server.origin}/mcp`, protocolVersion, auth: INTERACTIVE };
	for (const method of AUTH_METHODS) {
		const redirectUrl = `http://127.0.0.1:${await findFreePort()}/callback`;
		const preregistered = await register(method, redirectUrl);
		const ways = {
			dcr: { client: { dynamicRegistration: { token_endpoint_auth_method: method } } },
			preregistered: { client: { preregistered }, redirectUrl },
		};
		for (const [registrationStrategy, way] of Object.entries(ways)) {
			for (const [part, options] of Object.entries(PARTS)) {
				const test = new sdk.OAuthConformanceTest({ ...flow, registrationStrategy, ...way, ...options });
				report(`OAuth ${protocolVersion}, ${registrationStrategy}, ${method}, ${part}`, (await test.run()).steps);
			}
		}
		if (method !== "client_secret_basic") continue;
		const auth = { mode: "client_credentials", ...preregistered };
		const alone = { ...flow, registrationStrategy: "preregistered", auth, client: { preregistered } };
		report(`OAuth ${protocolVersion}, client credentials`, (await new sdk.OAuthConformanceTest(alone).run()).steps);
	}
}

async function register(method: string, redirectUri: string): Promise<{ clientId: string; clientSecret?: string }> {
	const response = await fetch(`${server.origin}/register`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: method }),
	});
	const { client_id: clientId, client_secret: secret } = (await response.json()) as Record<string, string>;
	if (clientId === undefined) throw new Error(`/register answered ${response.status}`);
	return { clientId, ...(secret !== undefined && { clientSecret: secret }) };
}

async function runProtocol(sdk: Sdk, serverUrl: string): Promise<void> {
	const flow = { serverUrl, protocolVersion: SUITE_VERSION, registrationStrategy: "dcr", auth: INTERACTIVE };
	const { steps, credentials } = await new sdk.OAuthConformanceTest(flow).run();
	report(`OAuth at ${serverUrl}`, steps);
	const accessToken = credentials?.accessToken;
	for (const version of SESSION_VERSIONS) {
		const { checks } = await speaking(version, () => new sdk.MCPConformanceTest({ serverUrl, accessToken }).run());
		report(`Protocol ${version} at ${serverUrl}`, checks);
	}
	for (const mcpProtocolVersion of [...OAUTH_VERSIONS, "2026-07-28"]) {
		const config = { url: serverUrl, accessToken, mcpProtocolVersion };
		const { status, error } = await sdk.runServerDoctor({ config, target: serverUrl, timeout: 10_000 });
		print(`Doctor ${mcpProtocolVersion} at ${serverUrl}: ${status}`, error ? [error.message] : []);
	}
	report(`Apps at ${serverUrl}`, (await new sdk.MCPAppsConformanceTest({ url: serverUrl, accessToken }).run()).checks);
}

/** Has the suite speak another version of the protocol than the one it is written for. */
async function speaking<Result>(version: string, run: () => Promise<Result>): Promise<Result> {
	const original = globalThis.fetch;
	globalThis.fetch = (input, init) => {
		const headers = new Headers(init?.headers);
		if (headers.has("MCP-Protocol-Version")) headers.set("MCP-Protocol-Version", version);
		const body = typeof init?.body === "string" ? init.body.replaceAll(SUITE_VERSION, version) : init?.body;
		return original(input, { ...init, headers, ...(body !== undefined && { body }) });
	};
	try {
		return await run();
	} finally {
		globalThis.fetch = original;
	}
}

function report(title: string, checks: readonly Check[]): void {
	const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
	const found = checks.filter(({ status }) => status !== "passed");
	print(
		`${title}: ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`,
		found.map(({ id, step, status, error }) => `${status} ${id ?? step}: ${error?.message.slice(0, MESSAGE_LENGTH)}`),
	);
}

function print(title: string, findings: readonly string[]): void {
	process.stdout.write([title, ...findings.map((finding) => `    ${finding}`), ""].join("\n"));
}
