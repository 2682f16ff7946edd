/** Asks what a row says, with one sign-in for those of the same permissions and scopes. */
import { server } from "#under-test";
import { type Elicited, type Era, type EraClient, openEra } from "../eras.ts";
import { grantTokens } from "../grants.ts";
import { DORA } from "../people.ts";
import type { Answer, Message } from "../wire.ts";
import { DEPLOYED, LOCAL, signIn } from "../worker.ts";
import type { Row } from "./row.ts";

const EMAIL = "eras@example.com";

const tokens = new Map<string, Promise<string>>();
const clients = new Map<string, Promise<EraClient>>();

function once<T>(made: Map<string, Promise<T>>, key: unknown, make: () => Promise<T>): Promise<T> {
	const name = JSON.stringify(key);
	const known = made.get(name) ?? make();
	made.set(name, known);
	return known;
}

function tokenFor({ permissions = Object.keys(server.permissions), lacks, isDeployed = false }: Row): Promise<string> {
	const scopes = Object.keys(server.scopes).filter((scope) => scope !== lacks);
	return once(tokens, [permissions, scopes, isDeployed], async () => {
		const props = { user: { ...DORA, permissions } };
		const signedIn = isDeployed
			? await grantTokens({ origin: DEPLOYED, props, scope: scopes, resource: null })
			: await signIn({ email: EMAIL, permissions, scopes, resource: null });
		return signedIn.access_token;
	});
}

/** Asked in one era, with what the user was asked meanwhile. */
export async function ask(era: Era, row: Row): Promise<{ answer: Answer; questions: Message[] }> {
	const { method, params, answers, isDeployed, prepare, restore } = row;
	const userId = isDeployed ? DORA.id : `local-${EMAIL}`;
	await prepare?.(userId);
	const token = await tokenFor(row);
	const questions: Message[] = [];
	const onElicit = (question: Message): Elicited => {
		const answer = answers?.[questions.length];
		questions.push(question);
		return answer ?? { action: "cancel" };
	};
	const capabilities = row.capabilities ?? (answers ? { elicitation: {} } : {});
	const open = () => openEra(era, { token, origin: isDeployed ? DEPLOYED : LOCAL, capabilities, onElicit });
	// The questions of each row are its own.
	const client = await (answers ? open() : once(clients, [era, token, capabilities], open));
	const answer = normalized(await client.request(method, params));
	restore?.(userId);
	if (answers) await client.close();
	return { answer, questions };
}

export async function closeClients(): Promise<void> {
	for (const client of clients.values()) await (await client).close();
}

/** Without what is new at every request. */
function normalized(answer: Answer): Answer {
	const text = JSON.stringify(answer)
		.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<date>")
		.replace(/([Rr]equest (?:ID )?)[\da-f-]{36}/g, "$1<id>");
	return JSON.parse(text);
}
