import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { fetch, type Request, Response } from "miniflare";
import { defineConfig } from "vitest/config";
import { buildAssets } from "./src/scripts/assets.ts";
import { CLIENT_DOCUMENTS } from "./test/support/client-documents.ts";
import { cleanEnvironment, copyWranglerConfig } from "./test/support/environment.ts";
import { EVERY_PROVIDER } from "./test/support/identity/cases.ts";

/** The first import of the Worker takes some seconds on a small machine. */
const WORKER_TIMEOUT_MILLISECONDS = 60_000;
/** A real client starts, a person signs in, a tool answers. */
const END_TO_END_TIMEOUT_MILLISECONDS = 120_000;
/** Two thousand sessions, and what they leave behind is tidied away. */
const SOAK_TIMEOUT_MILLISECONDS = 40 * 60_000;
/** The scenarios of the conformance suite for clients start two programs each. */
const CLIENT_SUITE_TIMEOUT_MILLISECONDS = 20 * 60_000;
/** Processes start and end. */
const STDIO_TIMEOUT_MILLISECONDS = 120_000;

/** A condition that a test waits for, on a busy machine. */
const PATIENCE = { poll: { timeout: 30_000 } };
/**
 * What runs in workerd keeps a processor busy. It comes first. Loading the Worker takes longer than most files do: once
 * for each process will do. A test that needs a user or a client that no other knows makes one.
 */
const IN_WORKERD = { isolate: false, maxWorkers: 2, sequence: { groupOrder: 0 } };
/** What runs real processes waits half of the time: for those that start or end, and for people who sign in. */
const WITH_PROCESSES = { maxWorkers: 2, sequence: { groupOrder: 1 } };

/** What the fuzz tests try: the same few inputs each time, or, with `npm run fuzz`, many others. */
const FUZZ = { runs: Number(process.env.FUZZ_RUNS || 100), seed: Number(process.env.FUZZ_SEED || 20261128) };

cleanEnvironment();
// Wrangler requires the folder of the assets. This file is read again for each project that runs in workerd.
if (process.env.TEST_ASSETS !== "built") {
	await buildAssets();
	process.env.TEST_ASSETS = "built";
}
/** The Worker as `npm start` runs it, without the developer's own settings. */
const WORKER = { main: "./src/index.ts", wrangler: { configPath: copyWranglerConfig() }, remoteBindings: false };
/** The same server with a catalogue that only the tests of the engine know. */
const FIXTURE = "./test/support/fixture/worker.ts";

/** What the support of the tests in workerd takes for the Worker: that of its project. */
const underTest = (file: string) => ({ alias: { "#under-test": join(import.meta.dirname, file) } });
const PRODUCT_UNDER_TEST = underTest("./test/support/product.ts");
const FIXTURE_UNDER_TEST = underTest(FIXTURE);
/** A server that offers nothing. */
const EMPTY = "./test/support/empty-worker.ts";

/** Attacks in which an identity provider takes part. */
const WITH_PROVIDERS = "test/attacks/{confused-deputy,mix-up,token-passthrough}.test.ts";

/** The fixture, where nobody signs in at an identity provider. */
const OTHER_WAYS_IN = [
	{ name: "api-keys", file: "./test/support/keys-worker.ts", own: "test/sign-in/api-keys.test.ts" },
	{ name: "anyone", file: "./test/support/open-worker.ts", own: "test/sign-in/anyone.test.ts" },
];

/** Workers AI exists on Cloudflare only; this is its binding with a worker of ours behind it. */
const WORKERS_AI = {
	// The real binding is no remote procedure call; here the signal that cancels a run has to travel by one.
	compatibilityFlags: [
		"nodejs_compat",
		"global_fetch_strictly_public",
		"enable_request_signal",
		"enable_abortsignal_rpc",
	],
	// Out of the way: it would need an account.
	ai: { binding: "REMOTE_AI" },
	serviceBindings: { AI: { name: "workers-ai", entrypoint: "WorkersAi" } },
	workers: [
		{
			name: "workers-ai",
			modules: true,
			scriptPath: "./test/support/workers-ai.js",
			compatibilityDate: "2026-11-01",
			compatibilityFlags: ["enable_abortsignal_rpc"],
		},
	],
};

/** All tests come from one address, and more often than people do. Those of limits bring their own. */
const OUT_OF_REACH = { limit: 1_000_000, period: 60 as const };
const RATE_LIMITS = {
	ratelimits: {
		ADDRESS_LIMIT: { namespace_id: "1001", simple: OUT_OF_REACH },
		USER_LIMIT: { namespace_id: "1002", simple: OUT_OF_REACH },
	},
};

/** What the Worker of most tests is bound to. */
const WORKER_OPTIONS = {
	bindings: {
		COOKIE_ENCRYPTION_KEY: "a key that only the tests use, long enough",
		IMAGE_GENERATION_USERS: "Listed@example.com",
		ALLOWED_ORIGINS: "https://app.example.com, chrome-extension://abcdefgh",
	},
	// The public internet: the metadata documents of a few clients, and nothing else.
	outboundService({ url }: Request) {
		const document = CLIENT_DOCUMENTS[url];
		if (typeof document === "string") return Response.redirect(document, 302);
		return document ? Response.json(document) : new Response("Not found", { status: 404 });
	},
	...WORKERS_AI,
};
const UNLIMITED = { ...WORKER_OPTIONS, ...RATE_LIMITS };

/** Passes a request that leaves the Worker on to the internet of the identity tests, on this computer. */
function toInternet(request: Request, port: number): Promise<Response> {
	const { host, pathname, search, protocol } = new URL(request.url);
	const headers = new Headers([...request.headers]);
	headers.set("X-Forwarded-Host", host);
	headers.set("X-Forwarded-Proto", protocol.slice(0, -1));
	const { method, body } = request;
	const init = body ? { body, duplex: "half" as const } : {};
	return fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
		method,
		headers: [...headers],
		redirect: "manual",
		...init,
	});
}

export default defineConfig({
	test: {
		// What the server logs is of interest where a test fails.
		silent: "passed-only",
		projects: [
			{
				plugins: [cloudflareTest({ ...WORKER, miniflare: UNLIMITED })],
				resolve: PRODUCT_UNDER_TEST,
				test: {
					name: "worker",
					...IN_WORKERD,
					expect: PATIENCE,
					include: ["test/*.test.ts", "test/{notes,tools}/**/*.test.ts"],
					testTimeout: WORKER_TIMEOUT_MILLISECONDS,
					hookTimeout: WORKER_TIMEOUT_MILLISECONDS,
				},
			},
			{
				plugins: [cloudflareTest({ ...WORKER, main: FIXTURE, miniflare: UNLIMITED })],
				resolve: FIXTURE_UNDER_TEST,
				test: {
					name: "engine",
					...IN_WORKERD,
					provide: { fuzz: FUZZ },
					expect: PATIENCE,
					include: ["test/{account,attacks,auth,faults,fuzz,http,mcp,oauth,pages,playground,stdio-route}/**/*.test.ts"],
					exclude: [WITH_PROVIDERS],
					testTimeout: WORKER_TIMEOUT_MILLISECONDS,
					hookTimeout: WORKER_TIMEOUT_MILLISECONDS,
				},
			},
			{
				plugins: [cloudflareTest({ ...WORKER, main: EMPTY, miniflare: UNLIMITED })],
				resolve: underTest(EMPTY),
				test: {
					name: "empty",
					...IN_WORKERD,
					expect: PATIENCE,
					include: [
						"test/{http,pages,without-playground}/**/*.test.ts",
						"test/mcp/{boundary,socket-stream}.test.ts",
						"test/oauth/{client-authentication,client-documents,metadata,redirect-uris}.test.ts",
					],
					testTimeout: WORKER_TIMEOUT_MILLISECONDS,
					hookTimeout: WORKER_TIMEOUT_MILLISECONDS,
				},
			},
			...OTHER_WAYS_IN.map(({ name, file, own }) => ({
				plugins: [cloudflareTest({ ...WORKER, main: file, miniflare: WORKER_OPTIONS })],
				resolve: underTest(file),
				test: {
					name,
					...IN_WORKERD,
					expect: PATIENCE,
					include: ["test/{http,pages}/**/*.test.ts", "test/mcp/boundary.test.ts", own],
					testTimeout: WORKER_TIMEOUT_MILLISECONDS,
					hookTimeout: WORKER_TIMEOUT_MILLISECONDS,
				},
			})),
			{
				plugins: [
					cloudflareTest(({ inject }) => ({
						...WORKER,
						main: FIXTURE,
						miniflare: {
							bindings: {
								COOKIE_ENCRYPTION_KEY: "a key that only the tests use, long enough",
								IMAGE_GENERATION_USERS: "listed@example.com, listed",
								...EVERY_PROVIDER,
							},
							outboundService: (request) => toInternet(request, inject("internetPort")),
							...RATE_LIMITS,
							...WORKERS_AI,
						},
					})),
				],
				resolve: FIXTURE_UNDER_TEST,
				test: {
					name: "identity",
					...IN_WORKERD,
					expect: PATIENCE,
					include: ["test/identity/**/*.test.ts", WITH_PROVIDERS],
					globalSetup: ["test/support/identity/servers.ts"],
					// Tests of what never answers wait together.
					maxConcurrency: 20,
					testTimeout: WORKER_TIMEOUT_MILLISECONDS,
					hookTimeout: WORKER_TIMEOUT_MILLISECONDS,
				},
			},
			{
				test: {
					name: "stdio",
					...WITH_PROCESSES,
					// What takes longest is to load what starts workerd: once will do.
					isolate: false,
					provide: { fuzz: FUZZ },
					expect: PATIENCE,
					include: ["test/{bridge,scripts,stdio}/**/*.test.ts"],
					globalSetup: ["test/stdio/bundle.ts"],
					testTimeout: STDIO_TIMEOUT_MILLISECONDS,
					hookTimeout: STDIO_TIMEOUT_MILLISECONDS,
				},
			},
			{
				test: {
					name: "e2e",
					...WITH_PROCESSES,
					expect: PATIENCE,
					include: ["test/{conformance,e2e}/**/*.test.ts", "test/sign-in/clients.test.ts"],
					globalSetup: ["test/e2e/server.ts"],
					testTimeout: END_TO_END_TIMEOUT_MILLISECONDS,
					hookTimeout: END_TO_END_TIMEOUT_MILLISECONDS,
				},
			},
			{
				// Not part of `npm test`: `npm run soak`.
				test: {
					name: "soak",
					include: ["test/soak/**/*.test.ts"],
					testTimeout: SOAK_TIMEOUT_MILLISECONDS,
				},
			},
			{
				// Not part of `npm test`: `npm run conformance:client`.
				test: {
					name: "client-suite",
					include: ["test/client-suite/**/*.test.ts"],
					testTimeout: CLIENT_SUITE_TIMEOUT_MILLISECONDS,
				},
			},
			{
				// Not part of `npm test`: `npm run test:third-party`.
				test: {
					name: "third-party",
					...WITH_PROCESSES,
					expect: PATIENCE,
					include: ["test/third-party/**/*.test.ts"],
					globalSetup: ["test/stdio/bundle.ts"],
					testTimeout: END_TO_END_TIMEOUT_MILLISECONDS,
					hookTimeout: END_TO_END_TIMEOUT_MILLISECONDS,
				},
			},
		],
	},
});
