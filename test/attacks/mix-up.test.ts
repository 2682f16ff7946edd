/** Mix-up: a response of one authorization server is passed off as another's (RFC 9207). This server is on both sides. */
import { expect, it } from "vitest";
import { caseOf } from "../support/identity/cases.ts";
import { askedOf, newLogin, ORIGIN, Server } from "../support/identity/server.ts";

const ISSUERS = { google: "https://accounts.google.com", github: "https://github.com/login/oauth" };
type Name = keyof typeof ISSUERS;

async function twoProviders() {
	const ids = { google: crypto.randomUUID(), github: crypto.randomUUID() };
	const server = new Server({ ...caseOf("google").settings(ids.google), ...caseOf("github").settings(ids.github) });
	return { server, asked: (name: Name) => askedOf(ids[name]) };
}

it.each<[Name, Name]>([
	["google", "github"],
	["github", "google"],
])(
	"a response in the name of another provider than the one that was asked (%s, %s) is refused unused",
	async (provider, other) => {
		const { server, asked } = await twoProviders();
		const login = newLogin();
		const comeBackAs = (iss: string) =>
			server.authorize({ provider, login, alterCallback: (callback) => callback.searchParams.set("iss", iss) });
		const end = await comeBackAs(ISSUERS[other]);
		expect(end.searchParams.get("error")).toBe("server_error");
		expect(end.searchParams.has("code")).toBe(false);
		expect([...(await asked("google")), ...(await asked("github"))]).toEqual([]);
		expect((await comeBackAs(ISSUERS[provider])).searchParams.get("code")).toBeTruthy();
	},
);

it("every response to a client names this server as its issuer, which the metadata announces", async () => {
	const { server } = await twoProviders();
	const login = newLogin();
	const metadata = await (await server.fetch(`${ORIGIN}/.well-known/oauth-authorization-server`)).json();
	expect(metadata).toMatchObject({ issuer: ORIGIN, authorization_response_iss_parameter_supported: true });
	const options = { provider: "google", login };
	const ends = {
		code: await server.authorize(options),
		denied: await server.authorize({ ...options, decision: "deny" }),
		declined: await server.authorize({ ...options, declines: true }),
		failed: await server.authorize({ ...options, alterCallback: ({ searchParams }) => searchParams.set("code", "x") }),
	};
	for (const [name, { searchParams }] of Object.entries(ends)) expect(searchParams.get("iss"), name).toBe(ORIGIN);
	expect(ends.code.searchParams.has("code")).toBe(true);
	for (const { searchParams } of [ends.denied, ends.declined, ends.failed])
		expect(searchParams.has("error")).toBe(true);
});
