/** A user's container: the Container class of Cloudflare with a process where the container would be. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { App, eventually, toolCall } from "./app.ts";
import { type ContainerHost, hasEnded, startContainerHost } from "./container-host.ts";
import { COOKIE_ENCRYPTION_KEY, childCommand, type Stdio } from "./door.ts";

const TIMEOUT_MILLISECONDS = 60_000;

let folder: string;
let host: ContainerHost;
let miniflare: Miniflare;
let origin: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "container-"));
	const entry = "test/stdio/container-worker/index.ts";
	const args = ["src/scripts/run.cjs", "wrangler", "deploy", entry, "--dry-run", "--outdir", folder];
	await promisify(execFile)(process.execPath, args);
	host = await startContainerHost();
	const { compatibilityDate, compatibilityFlags, objects } = inject("worker");
	const durableObjects = Object.entries(objects).map(([name, className]) => [name, { className, useSQLite: true }]);
	miniflare = new Miniflare(
		convertV4MiniflareOptions({
			host: "127.0.0.1",
			port: 0,
			cf: false,
			log: new Log(LogLevel.NONE),
			handleStructuredLogs: () => {},
			workers: [
				{
					name: "worker",
					modules: [{ type: "ESModule", path: join(folder, "index.js") }],
					modulesRoot: folder,
					compatibilityDate,
					compatibilityFlags,
					kvNamespaces: { OAUTH_KV: "grants" },
					durableObjects: Object.fromEntries(durableObjects),
					bindings: {
						COOKIE_ENCRYPTION_KEY,
						CONTAINER_HOST: host.url,
						STDIO_COMMAND: childCommand("fake").join(" "),
						STDIO_ENV_API_KEY: "for the child",
						STDIO_SLEEP_AFTER: "5s",
						STDIO_IDLE_SECONDS: "2",
					},
				},
			],
		}),
	);
	origin = (await miniflare.ready).origin;
}, TIMEOUT_MILLISECONDS);

afterAll(async () => {
	await miniflare?.dispose();
	await host?.close();
	await rm(folder, { recursive: true, force: true });
});

async function newApp(email: string): Promise<App> {
	const client = new OAuthClient((url, init) => fetch(url, init), origin);
	return new App({ origin } as Stdio, email, await client.signIn({ email, resource: origin }));
}

const containersOf = (email: string) => host.started.filter(({ name }) => name === `local-${email}`);

async function inFlight(email: string): Promise<unknown> {
	return (await fetch(`${origin}/test/in-flight?user=${encodeURIComponent(`local-${email}`)}`)).json();
}

it.concurrent("is the user's own, with every app and in every era, and gets what it needs to know", async () => {
	const [ada, other, bob] = [
		await newApp("ada@example.com"),
		await newApp("ada@example.com"),
		await newApp("bob@example.com"),
	];
	const [session] = await Promise.all([ada.open(), other.openSse(), bob.open()]);
	expect(await ada.pidStateless()).toBeGreaterThan(0);
	const { env: environment } = await session.environment();
	expect(environment).toMatchObject({ API_KEY: "for the child", MCP_USER_LOGIN: "ada@example.com" });
	expect(environment).not.toHaveProperty("STDIO_PIPE_SECRET");
	const [adas, bobs] = [containersOf("ada@example.com"), containersOf("bob@example.com")];
	expect([adas.length, bobs.length]).toEqual([1, 1]);
	const secrets = [...adas, ...bobs].map(({ env }) => env.STDIO_PIPE_SECRET);
	for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/);
	expect(new Set(secrets).size).toBe(2);
});

it.concurrent("sleeps once nobody speaks to it: a session's pipe closes by its own clock", {
	timeout: TIMEOUT_MILLISECONDS,
}, async () => {
	const email = "sleepy@example.com";
	const app = await newApp(email);
	const session = await app.open();
	expect(await inFlight(email)).toBe(1);
	await eventually(async () => expect(await inFlight(email)).toBe(0));
	const [container] = containersOf(email);
	await eventually(() => expect(container && hasEnded(container.process)).toBe(true));
	// And what is left of the session does not wake it.
	expect((await app.post(toolCall(1, "big"), { session: session.id })).status).toBe(404);
	expect(containersOf(email)).toHaveLength(1);
	await app.open();
	expect(containersOf(email)).toHaveLength(2);
});

it.concurrent("ends the sessions that it had when it ends", { timeout: TIMEOUT_MILLISECONDS }, async () => {
	const email = "gone@example.com";
	const app = await newApp(email);
	const session = await app.open();
	containersOf(email)[0]?.process.kill("SIGKILL");
	await eventually(async () => expect((await app.post(toolCall(1, "big"), { session: session.id })).status).toBe(404));
	await app.open();
});
