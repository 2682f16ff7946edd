/**
 * The Durable Object of a user. This file holds all code that depends on McpAgent, and nothing else.
 *
 * A stock McpAgent is one session, keeps the props of its first request, and uses version 1 of the SDK. This one is one
 * user, and gets the principal with each message.
 */
import type { Connection, ConnectionContext } from "agents";
import { McpAgent } from "agents/mcp";
import type { Principal } from "../../auth/principal.ts";
import type { Change } from "../change.ts";
import type { Keeper, Server } from "../definition.ts";
import type { PlacedSession } from "../session-id.ts";
import type { Posted } from "../sessions.ts";
import { callMethod, UserState } from "../user-state.ts";
import { RECONNECT_SECONDS } from "./call-events.ts";
import { History } from "./history.ts";
import { streamOf, tagsOf } from "./streams.ts";
import { Tasks } from "./tasks/tasks.ts";
import { UserSessions } from "./user-sessions.ts";

export class UserMcpAgent extends McpAgent<Env> {
	/** The definition of the server. A subclass sets it. */
	protected get definition(): Server {
		throw new Error("A subclass says what the server is");
	}
	#sessions: UserSessions | undefined;
	/** The time of the next alarm known to this instance, in milliseconds since the epoch. */
	#tidyAt = Number.POSITIVE_INFINITY;
	#scheduling: Promise<void> = Promise.resolve();
	#state: UserState | undefined;
	#keeper: Keeper | undefined;
	#tasks: Tasks | undefined;

	protected get sessions(): UserSessions {
		if (this.#sessions) return this.#sessions;
		this.#sessions = new UserSessions(this.env, this.definition, {
			sql: this.ctx.storage.sql,
			sockets: (tag) => this.getConnections(tag),
			tidyIn: (seconds) => this.#tidyIn(seconds),
		});
		if (!this.definition.signIn.hasUsers) this.#tidyIn(RECONNECT_SECONDS);
		return this.#sessions;
	}

	/** What keeps the sign-in's data of this user. */
	get #keeping(): Keeper | undefined {
		this.#keeper ??= this.definition.signIn.keeper?.(this.definition, {
			env: this.env,
			sql: this.ctx.storage.sql,
			tidyIn: (seconds) => this.#tidyIn(seconds),
			waitUntil: (work) => this.ctx.waitUntil(work),
			endGrant: (grantId) => {
				this.sessions.endGrant(grantId);
				this.#tasking.endGrant(grantId);
			},
			claimsChanged: (grantId, permissions) => this.#tasking.setClaims(grantId, permissions),
			announce: (change) => this.sessions.announce(change),
			history: new History(this.ctx.storage.sql),
			openStreams: () => this.sessions.openStreams(),
		});
		return this.#keeper;
	}

	get #tasking(): Tasks {
		this.#tasks ??= new Tasks(this.env, this.definition, {
			sql: this.ctx.storage.sql,
			history: new History(this.ctx.storage.sql),
			tidyIn: (seconds) => this.#tidyIn(seconds),
			keeper: () => this.#keeping,
		});
		return this.#tasks;
	}

	get server(): never {
		throw new Error("RemoteMcp makes a server for each call");
	}
	async init(): Promise<void> {}
	override async onStart(): Promise<void> {}
	override shouldSendProtocolMessages(): boolean {
		return false;
	}

	async post(session: PlacedSession, message: unknown, principal: Principal): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		return this.sessions.post(session, message, principal);
	}
	async postToSse(session: PlacedSession, posted: Posted, principal: Principal): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		return this.sessions.postToSse(session, posted, principal);
	}
	async resume(session: PlacedSession, lastEventId: string, principal: Principal): Promise<Response | undefined> {
		await this.__unsafe_ensureInitialized();
		return this.sessions.resume(session, lastEventId, principal);
	}
	async endSession(session: PlacedSession): Promise<boolean> {
		await this.__unsafe_ensureInitialized();
		return this.sessions.endSession(session);
	}
	async useKeeper(method: string, args: readonly unknown[]): Promise<unknown> {
		await this.__unsafe_ensureInitialized();
		if (!this.#keeping) throw new Error("This sign-in keeps nothing");
		return callMethod(this.#keeping, method, args);
	}
	async useTasks(method: string, args: readonly unknown[]): Promise<unknown> {
		await this.__unsafe_ensureInitialized();
		return callMethod(this.#tasking, method, args);
	}
	async announce(change: Change): Promise<void> {
		await this.__unsafe_ensureInitialized();
		this.sessions.announce(change);
	}
	async logLevel(session: string) {
		await this.__unsafe_ensureInitialized();
		return this.sessions.logLevel(session);
	}
	async useState(feature: string, method: string, args: readonly unknown[]): Promise<unknown> {
		await this.__unsafe_ensureInitialized();
		this.#state ??= new UserState(this.definition.state, this.ctx.storage.sql, (change) =>
			this.sessions.announce(change),
		);
		return this.#state.use(feature, method, args);
	}

	override async fetch(request: Request): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		return this.sessions.refuseStream(streamOf(request)) ?? super.fetch(request);
	}
	override getConnectionTags(_connection: Connection, { request }: ConnectionContext): string[] {
		return tagsOf(streamOf(request));
	}
	override async onConnect(connection: Connection, { request }: ConnectionContext): Promise<void> {
		this.sessions.openStream(connection, streamOf(request));
	}
	override async onClose(connection: Connection): Promise<void> {
		this.sessions.streamClosed(connection.state);
	}

	/** Called by the object's alarm. */
	async tidy(): Promise<void> {
		this.#tidyAt = Number.POSITIVE_INFINITY;
		this.#keeping?.tidy();
		this.#tasking.tidy();
		const isEmpty = this.sessions.tidy();
		// If users cannot return, their empty objects are destroyed.
		const isOver = isEmpty && !this.definition.signIn.hasUsers;
		const hasStreams = [...this.getConnections()].length > 0;
		if (isOver && hasStreams) this.#tidyIn(RECONNECT_SECONDS);
		await this.#scheduling;
		if (isOver && !hasStreams) await this.destroy();
	}

	#tidyIn(seconds: number): void {
		const at = Date.now() + seconds * 1000;
		if (at >= this.#tidyAt) return;
		this.#tidyAt = at;
		// One after the other, so that each sees the alarm of the one before.
		this.#scheduling = this.#scheduling.catch(() => {}).then(() => this.#scheduleTidying(at / 1000));
		this.ctx.waitUntil(this.#scheduling);
	}

	/** Keeps one alarm, the soonest, including those that an earlier instance scheduled. */
	async #scheduleTidying(at: number): Promise<void> {
		const now = Date.now() / 1000;
		const coming = (await this.listSchedules()).filter(({ time }) => time > now);
		// The SDK cuts the time to whole seconds, so the alarm could ring before there is something to delete.
		const soonest = Math.min(at + 1, ...coming.map(({ time }) => time));
		await Promise.all(coming.map(({ id }) => this.cancelSchedule(id)));
		await this.schedule(Math.max(1, Math.ceil(soonest - now)), "tidy");
	}
}
