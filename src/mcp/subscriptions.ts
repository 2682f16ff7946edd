/** The resources that the client of a session wants to hear about (MCP 2025-11-25, resources, subscriptions). */
import { type McpServer, ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from "@modelcontextprotocol/server";
import type { Catalogue } from "../catalogue.ts";
import { hasTable } from "../has-table.ts";
import { answerFor } from "./answer.ts";
import { userContextOf } from "./context.ts";
import { resourcesAt } from "./message.ts";
import type { Change } from "./session.ts";

const MAX_SUBSCRIPTIONS = 200;
const MAX_URI_LENGTH = 1024;

export class Subscriptions {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
	}

	/** Answers `resources/subscribe` and `resources/unsubscribe`. */
	register({ server }: McpServer, catalogue: Catalogue, env: Env): void {
		if (catalogue.resources.length === 0) return;
		server.setRequestHandler("resources/subscribe", async ({ params: { uri } }) => {
			const [resource] = resourcesAt(catalogue, uri);
			if (!resource || uri.length > MAX_URI_LENGTH) throw new ResourceNotFoundError(uri);
			await answerFor(resource, userContextOf(env), async () => this.#add(uri));
			return {};
		});
		server.setRequestHandler("resources/unsubscribe", async ({ params: { uri } }) => {
			if (this.#exists()) this.#sql.exec("DELETE FROM subscriptions WHERE uri = ?", uri);
			return {};
		});
	}

	/** Tells the client what has changed; of resources, only those it subscribed to. */
	async tell({ server }: McpServer, { lists, resources }: Change): Promise<void> {
		const offered = server.getCapabilities();
		for (const list of lists) {
			if (offered[list]) await server.notification({ method: `notifications/${list}/list_changed` });
		}
		for (const uri of this.#among(resources)) await server.sendResourceUpdated({ uri });
	}

	#among(changed: readonly string[]): string[] {
		if (changed.length === 0 || !this.#exists()) return [];
		const rows = this.#sql.exec<{ uri: string }>("SELECT uri FROM subscriptions").toArray();
		const uris = new Set(rows.map(({ uri }) => uri));
		return changed.filter((uri) => uris.has(uri));
	}

	/** At once, without a pause in which another message could be handled. */
	#add(uri: string): void {
		this.#sql.exec("CREATE TABLE IF NOT EXISTS subscriptions (uri TEXT PRIMARY KEY)");
		this.#sql.exec("INSERT OR IGNORE INTO subscriptions VALUES (?)", uri);
		const { count } = this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM subscriptions").one();
		if (count <= MAX_SUBSCRIPTIONS) return;
		this.#sql.exec("DELETE FROM subscriptions WHERE uri = ?", uri);
		const sentence = `This session has ${MAX_SUBSCRIPTIONS} subscriptions already. End one first.`;
		throw new ProtocolError(ProtocolErrorCode.InvalidRequest, sentence);
	}

	#exists(): boolean {
		return hasTable(this.#sql, "subscriptions");
	}
}
