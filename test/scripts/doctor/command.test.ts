/** `npm run doctor` as a user types it: what it prints, how it exits, and what stands in the way to a server. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { examine } from "../../../src/scripts/doctor/examine.ts";
import { findFreePort } from "../../e2e/server.ts";
import { startFixture, TOKEN } from "./fixture.ts";

const ROOT = join(import.meta.dirname, "../../..");

type Ended = { code: number; stdout: string; stderr: string };

/** Runs what `npm run doctor` runs. */
function doctor(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
	const command = ["src/scripts/run.cjs", "src/scripts/doctor/doctor.ts", ...args];
	return new Promise((resolve) => {
		execFile(process.execPath, command, { cwd: ROOT, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
			resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
		});
	});
}

it("exits with 0 at a good server, and never prints the token", async () => {
	const origin = await startFixture();
	const { code, stdout, stderr } = await doctor([`${origin}/mcp`], { DOCTOR_TOKEN: TOKEN });
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout).toContain("0 faults, 0 warnings");
	expect(stdout).not.toContain(TOKEN);
	expect(stdout).not.toContain("\x1b");
});

it("exits with 1 at a fault, which it names, with what to do", async () => {
	const origin = await startFixture((reply, { url }) => {
		if (url.pathname === "/register") reply.status = 400;
	});
	const { code, stdout } = await doctor([`${origin}/mcp`]);
	expect(code).toBe(1);
	expect(stdout).toMatch(/^FAULT {4}registration: .+\n +Do: .+\n +See: RFC 7591/m);
	expect((await doctor([`${origin}/mcp`, "--no-register"])).code).toBe(0);
});

it("prints one JSON document with --json", async () => {
	const origin = await startFixture();
	const { code, stdout } = await doctor([`${origin}/mcp?key=hidden`, "--json"]);
	const report = JSON.parse(stdout);
	expect(code).toBe(0);
	expect(report).toMatchObject({ url: `${origin}/mcp?…`, reached: true, counts: { fault: 0, ok: expect.any(Number) } });
	expect(report.findings[0]).toEqual({
		id: "address",
		title: "The address is that of an MCP endpoint",
		status: "ok",
		what: `POST ${origin}/mcp is an endpoint of Streamable HTTP.`,
	});
	expect(stdout).not.toContain("hidden");
});

it.concurrent.each([
	[[], "Give the address of a server"],
	[["ftp://example.com"], "is not the address of a server"],
	[["https://me:secret@example.com/mcp"], "Leave the name and the password out"],
	[["http://127.0.0.1:1/mcp", "--timeout", "soon"], "--timeout takes seconds"],
])("exits with 2 for the wrong command %j", async (args, sentence) => {
	const { code, stdout, stderr } = await doctor(args);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toContain(sentence);
	expect(stderr).not.toContain("secret");
});

it("exits with 2 where nothing listens", async () => {
	const { code, stdout } = await doctor([`localhost:${await findFreePort()}/mcp`]);
	expect(code).toBe(2);
	expect(stdout).toContain("nothing listens there (ECONNREFUSED)");
});

it("shows its flags with --help", async () => {
	const { code, stdout } = await doctor(["--help"]);
	expect(code).toBe(0);
	for (const flag of ["--sign-in", "--token", "--no-register", "--timeout", "--json"]) expect(stdout).toContain(flag);
});

it("is the command mcp-doctor, too", async () => {
	const { bin } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
	const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, bin["mcp-doctor"]), "--help"]);
	expect(stdout).toContain("npx mcp-doctor URL");
});

it("stops at Ctrl-C while a server hangs", async () => {
	const { promise: asked, resolve } = Promise.withResolvers<void>();
	const origin = await startFixture((reply) => {
		reply.hangs = true;
		resolve();
	});
	const command = ["src/scripts/run.cjs", "src/scripts/doctor/doctor.ts", `${origin}/mcp`, "--timeout", "300"];
	const child = execFile(process.execPath, command, { cwd: ROOT });
	const closed = once(child, "close");
	await asked;
	child.kill("SIGINT");
	expect(await closed).toEqual([2, null]);
});

it.each([
	["a host that does not exist", "https://doctor.invalid/mcp", "has no address in DNS"],
	["a host without a scheme", "doctor.invalid/mcp", "POST https://doctor.invalid/mcp was not answered"],
])("says of %s what is wrong", async (_, url, sentence) => {
	const { reached, findings } = await examine(url);
	expect(reached).toBe(false);
	expect(findings).toHaveLength(1);
	expect(findings[0]).toMatchObject({ id: "reach", status: "fault", what: expect.stringContaining(sentence) });
});

it("says that https was written for a port without TLS", async () => {
	const origin = await startFixture();
	const { findings } = await examine(`${origin.replace("http:", "https:")}/mcp`);
	expect(findings[0]?.what).toContain("the port does not speak TLS");
});

type Certificate = { readonly host?: string; readonly days?: number };

/** A server with TLS at which nothing is found. @returns its port, and the file of its certificate */
async function startTls({ host = "localhost", days = 1 }: Certificate = {}) {
	const folder = await mkdtemp(join(tmpdir(), "doctor-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	const pem = (name: string) => join(folder, `${name}.pem`);
	const openssl = (...args: string[]) => promisify(execFile)("openssl", args);
	const names = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
	await openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", pem("key"), "-out", pem("request"), ...names);
	const signed = ["-in", pem("request"), "-signkey", pem("key"), "-copy_extensions", "copyall", "-days", String(days)];
	await openssl("x509", "-req", ...signed, "-out", pem("certificate"));
	const options = { key: await readFile(pem("key")), cert: await readFile(pem("certificate")) };
	const server = createServer(options, (_, response) => response.writeHead(404).end()).listen(0);
	await once(server, "listening");
	onTestFinished(() => void server.close());
	return { port: (server.address() as AddressInfo).port, certificate: pem("certificate") };
}

it.each<[string, Certificate, string]>([
	["that has expired", { days: -1 }, "the TLS certificate has expired (CERT_HAS_EXPIRED)"],
	["of another host", { host: "other.example" }, "the TLS certificate is for another host name"],
	["that is good", {}, "answered 404, which is no answer of an MCP server"],
])("looks at a certificate %s", async (_, given, said) => {
	const { port, certificate } = await startTls(given);
	const { stdout } = await doctor([`https://localhost:${port}/mcp`, "--json"], { NODE_EXTRA_CA_CERTS: certificate });
	expect(JSON.parse(stdout).findings[0].what).toContain(said);
});

it("says that no client trusts a certificate, and that http was written for a port with TLS", async () => {
	const { port } = await startTls();
	const { findings } = await examine(`https://localhost:${port}/mcp`);
	expect(findings[0]?.what).toContain("no client trusts the TLS certificate (DEPTH_ZERO_SELF_SIGNED_CERT)");
	expect((await examine(`http://localhost:${port}/mcp`)).findings[0]?.do).toContain("https://");
});

it("says that a server takes too long, or closes the connection", async () => {
	const hanging = await startFixture((reply) => (reply.hangs = true));
	const { findings } = await examine(`${hanging}/mcp`, { timeoutMilliseconds: 300 });
	expect(findings[0]?.what).toContain("was not answered within 0.3 s");
	const closing = await startFixture((reply) => (reply.closes = true));
	expect((await examine(`${closing}/mcp`)).findings[0]?.what).toContain("the server closed the connection");
});

it("finds the endpoint from the home page", async () => {
	const origin = await startFixture();
	const { findings, reached } = await examine(origin);
	expect(reached).toBe(true);
	expect(findings.filter(({ status }) => status === "fault")).toMatchObject([
		{ id: "address", do: `Use this address instead: ${origin}/mcp` },
	]);
});

it.each([
	[301, "without the message"],
	[308, "may drop the token"],
])("finds a redirect with %i", async (status, sentence) => {
	const origin = await startFixture((reply, { url }) => {
		if (url.pathname !== "/old") return;
		reply.status = status;
		reply.headers.Location = "/mcp";
	});
	const faults = (await examine(`${origin}/old`)).findings.filter((finding) => finding.status === "fault");
	expect(faults).toMatchObject([{ id: "redirects", what: expect.stringContaining(sentence) }]);
	expect(faults[0]?.do).toContain(`${origin}/mcp`);
});

it("finds redirects in a circle", async () => {
	const origin = await startFixture((reply) => {
		reply.status = 307;
		reply.headers.Location = "/mcp";
	});
	const faults = (await examine(`${origin}/mcp`)).findings.filter((finding) => finding.status === "fault");
	expect(faults).toMatchObject([{ id: "redirects", what: expect.stringContaining("in a circle") }]);
});

it("finds protection that turns every client away", async () => {
	const origin = await startFixture((reply) => {
		Object.assign(reply, { status: 403, body: "<!doctype html>" });
		reply.headers["cf-mitigated"] = "challenge";
	});
	const faults = (await examine(`${origin}/mcp`)).findings.filter((finding) => finding.status === "fault");
	expect(faults).toMatchObject([{ id: "address", what: expect.stringContaining("before they can sign in") }]);
});

it("reads no more of an endless body than a good answer has", async () => {
	const origin = await startFixture((reply, { url }) => {
		if (url.pathname.startsWith("/.well-known"))
			Object.assign(reply, { status: 200, body: "x".repeat(8 * 1024 * 1024) });
	});
	const { findings } = await examine(`${origin}/mcp`, { timeoutMilliseconds: 5_000 });
	expect(findings.filter(({ status }) => status === "fault").map(({ id }) => id)).toEqual([
		"challenge",
		"resource-metadata",
		"server-metadata",
	]);
});
