/** The doctor at servers of other authors, and at the stock shapes that the bench compares with. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { wranglerDev } from "../../../bench/runtimes/wrangler-dev.ts";
import { CREATE_MCP_HANDLER, SERVE, SERVE_SSE } from "../../../bench/servers.ts";
import { examine, type Report } from "../../../src/scripts/doctor/examine.ts";
import { findFreePort, isListening, waitFor } from "../../e2e/server.ts";

const START_MILLISECONDS = 60_000;
/** Workers compile, and are signed in to. */
vi.setConfig({ testTimeout: 120_000 });
const EVERYTHING = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";

const complaints = ({ findings }: Report) =>
	findings
		.filter(({ status }) => status === "fault" || status === "warning")
		.map(({ id, status }) => `${status} ${id}`);
const seen = ({ findings }: Report, id: string) => findings.filter((one) => one.id === id && one.status === "ok");

describe("the reference server of the protocol's authors", () => {
	const children: ChildProcess[] = [];
	afterAll(() => children.forEach((child) => void child.kill()));

	async function start(transport: string): Promise<string> {
		const port = await findFreePort();
		const env = { ...process.env, PORT: String(port) };
		children.push(spawn(process.execPath, [EVERYTHING, transport], { env, stdio: "ignore" }));
		await waitFor(`the transport ${transport}`, () => isListening(port), START_MILLISECONDS);
		return `localhost:${port}`;
	}

	it("has no fault with Streamable HTTP", async () => {
		const report = await examine(`${await start("streamableHttp")}/mcp`);
		// It answers 400 in a session that was ended.
		expect(complaints(report)).toEqual(["warning session-end"]);
		expect(seen(report, "session")).toMatchObject([{ what: "tools/list, resources/list, prompts/list answered." }]);
	});

	it("has no fault with HTTP+SSE", async () => {
		const report = await examine(`${await start("sse")}/sse`);
		expect(complaints(report)).toEqual([]);
		expect(seen(report, "sse")).toHaveLength(1);
	});
});

describe("the stock shapes", () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "doctor-stock-"));
	});
	afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

	/** Their authorization endpoint throws at a bad request. */
	const THROWS = ["warning pkce-required", "warning redirect-uri"];
	it.concurrent.each([
		[SERVE, "/mcp", THROWS],
		[SERVE_SSE, "/sse", THROWS],
		[CREATE_MCP_HANDLER, "/mcp", THROWS],
	])("$name has the faults that are known", async (worker, path, expected) => {
		await using running = await wranglerDev(worker, join(folder, worker.name));
		// They let everyone in, without a page.
		const onAuthorize = (page: string) => void fetch(page);
		const report = await examine(running.origin + path, { onAuthorize, timeoutMilliseconds: 20_000 });
		// What compiles at the first request takes its time here.
		expect(complaints(report).filter((one) => one !== "warning time")).toEqual(expected);
		expect(seen(report, "sign-in").length).toBeGreaterThan(1);
		expect(seen(report, path === "/sse" ? "sse" : "protocol")).toHaveLength(1);
	});
});
