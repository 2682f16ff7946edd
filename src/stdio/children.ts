/** The children of a user's stdio sessions: started, found again after a restart of the object, and forgotten when they end. */
import type { Principal } from "../auth/principal.ts";
import { readSettings } from "../auth/settings.ts";
import type { Gated } from "../mcp/gate.ts";
import type { Events } from "../mcp/object/call-events.ts";
import type { Streams } from "../mcp/object/streams.ts";
import type { Session } from "../mcp/session-id.ts";
import { ChildSession } from "./child-session.ts";
import { type Connect, Pipe } from "./pipe.ts";
import { GONE, type Refusal } from "./refusal.ts";
import { readStdioSettings } from "./settings.ts";

/** The permission and the scope that a token needs to read the events of a session. */
export const NEEDED: Gated = { name: "stdio", scope: "stdio", requires: "stdio" };

/** The child of a session, and the time when the session's id expires. */
type Entry = { readonly found: Promise<ChildSession | Refusal>; readonly expiresAt: number };

type Options = {
	readonly env: Env;
	readonly connect: Connect;
	readonly events: Events;
	readonly streams: Streams;
	/** Called with a child that survived a restart of the object, before it is used. */
	onresume(child: ChildSession, principal: Principal): void;
	/** Called when the child of a session has ended. @param expiresAt when the session's id expires */
	onend(session: string, expiresAt: number): void;
};

export class Children {
	readonly #options: Options;
	/** By session. */
	readonly #entries = new Map<string, Entry>();
	/** The pipes to all children, including those of requests without a session. */
	readonly #pipes = new Set<Pipe>();

	constructor(options: Options) {
		this.#options = options;
	}

	has(session: string): boolean {
		return this.#entries.has(session);
	}

	/** The ids of the sessions that have a child. */
	sessions(): string[] {
		return [...this.#entries.keys()];
	}

	/**
	 * Finds the child of a session. After a restart of this object, the child is resumed.
	 *
	 * @param isNew whether to start a new child
	 */
	async find(session: Session, principal: Principal, isNew = false): Promise<ChildSession | Refusal> {
		const { id } = session;
		const { env, events } = this.#options;
		if (!isNew && !this.#entries.has(id) && !events.has(id)) return GONE;
		const entry = this.#entries.get(id) ?? {
			found: this.#reach(session, principal, isNew),
			expiresAt: session.issuedAt + readSettings(env).sessionMaxAgeSeconds,
		};
		this.#entries.set(id, entry);
		const child = await entry.found;
		if (!(child instanceof ChildSession)) {
			this.#entries.delete(id);
			return child;
		}
		// The child was started with the user's old permissions.
		if (child.user !== userOf(principal)) {
			child.end("The user has other permissions now.");
			return GONE;
		}
		child.grantId = principal.grantId;
		return child;
	}

	/** Keeps the reason why a session has no child, until its stream is closed. */
	refuse({ id, issuedAt }: Session, refusal: Refusal): void {
		this.#entries.set(id, { found: Promise.resolve(refusal), expiresAt: issuedAt });
	}

	/** Calls a function with the child of a session, if there is one. */
	withChild(session: string, use: (child: ChildSession) => void): void {
		void this.#entries.get(session)?.found.then((child) => {
			if (child instanceof ChildSession) use(child);
		});
	}

	end(session: string): void {
		void this.#entries.get(session)?.found.then((child) => {
			if (child instanceof ChildSession) child.end("The session has ended.");
			else this.#entries.delete(session);
		});
	}

	async endGrant(grantId: string): Promise<void> {
		const children = await Promise.all([...this.#entries.values()].map(({ found }) => found));
		for (const child of children) {
			if (child instanceof ChildSession && child.grantId === grantId) child.end("Access has ended.");
		}
	}

	async openPipe(child: string, { user, permissions }: Principal, isNew: boolean): Promise<Pipe | Refusal> {
		const { id } = user;
		// Users can choose any login, and it is passed on in an environment variable.
		const login = user.login.replace(/\p{Cc}/gu, " ");
		const identity = { id, login, permissions: permissions.join(",") };
		const opening = { child, isNew, user: identity };
		const pipe = await Pipe.open(this.#options.connect, opening, () => this.#waitingBytes());
		if (pipe instanceof Pipe) this.#pipes.add(pipe);
		return pipe;
	}

	/** What the children have not taken. Those that have ended are forgotten. */
	#waitingBytes(): number {
		let sum = 0;
		for (const pipe of this.#pipes) {
			const bytes = pipe.waitingBytes;
			if (bytes === undefined) this.#pipes.delete(pipe);
			else sum += bytes;
		}
		return sum;
	}

	async #reach(session: Session, principal: Principal, isNew: boolean): Promise<ChildSession | Refusal> {
		const { env, events, streams, onresume } = this.#options;
		const pipe = await this.openPipe(session.id, principal, isNew);
		if (!(pipe instanceof Pipe)) {
			if (pipe.status === 404) events.deleteSession(session.id);
			return pipe;
		}
		if (isNew) events.begin(session.id, { session: session.id, needs: [NEEDED], requests: [] });
		const child = new ChildSession({
			id: session.id,
			grantId: principal.grantId,
			user: userOf(principal),
			pipe,
			events,
			streams,
			idleSeconds: readStdioSettings(env).idleSeconds,
			onend: () => this.#forget(session.id),
		});
		if (!isNew) onresume(child, principal);
		return child;
	}

	#forget(session: string): void {
		const entry = this.#entries.get(session);
		this.#entries.delete(session);
		if (entry) this.#options.onend(session, entry.expiresAt);
	}
}

/** The data about the user that a child was started with. */
function userOf({ user, permissions }: Principal): string {
	return JSON.stringify([user.login, ...permissions]);
}
