/** What a session's object writes down: what its client said when it initialized, and when it was last used. */
import type { InitializeRequest, JSONRPCRequest } from "@modelcontextprotocol/server";

/** A session that nobody used for this long is deleted: as long as a grant lives unused. */
export const SESSION_IDLE_SECONDS = 30 * 24 * 60 * 60;
/** How often the last use is written down: often enough for SESSION_IDLE_SECONDS, too seldom to cost anything. */
export const LAST_USED_PRECISION_SECONDS = 24 * 60 * 60;
/** How long a client that lost its event stream may take to come back and hear what it missed. */
export const RECONNECT_SECONDS = 10 * 60;

const STATE_KEY = "session";
const LAST_USED_KEY = "lastUsed";
const STREAM_CLOSED_KEY = "streamClosed";

type State = { readonly initializeParams?: InitializeRequest["params"] };

export class SessionRecord {
	readonly #storage: DurableObjectStorage;
	#isOpen = false;
	/** Whether nothing is stored any more. */
	#isDeleted = false;
	#lastUsedSeconds = 0;

	constructor(storage: DurableObjectStorage) {
		this.#storage = storage;
	}

	/** Whether the client has initialized this session and not ended it. */
	get isOpen(): boolean {
		return this.#isOpen;
	}

	/** @returns the client's initialize request, if the session was opened before */
	async load(): Promise<JSONRPCRequest | undefined> {
		const state = await this.#storage.get<State>(STATE_KEY);
		this.#isOpen = state !== undefined;
		this.#lastUsedSeconds = (await this.#storage.get<number>(LAST_USED_KEY)) ?? 0;
		if (!state?.initializeParams) return undefined;
		return { jsonrpc: "2.0", id: 0, method: "initialize", params: state.initializeParams };
	}

	async open({ params }: InitializeRequest): Promise<void> {
		const state: State = { initializeParams: params };
		await this.#storage.put(STATE_KEY, state);
		this.#isOpen = true;
		this.#isDeleted = false;
	}

	/** @returns whether this is the first use */
	async touch(): Promise<boolean> {
		const now = nowSeconds();
		if (now - this.#lastUsedSeconds < LAST_USED_PRECISION_SECONDS) return false;
		const isNew = this.#lastUsedSeconds === 0;
		this.#lastUsedSeconds = now;
		await this.#storage.put(LAST_USED_KEY, now);
		return isNew;
	}

	get idleSeconds(): number {
		return nowSeconds() - this.#lastUsedSeconds;
	}

	async streamClosed(): Promise<void> {
		if (this.#isOpen) await this.#storage.put(STREAM_CLOSED_KEY, nowSeconds());
	}

	/** Whether the client lost its stream so recently that it may come back for what it missed. */
	async mayReconnect(): Promise<boolean> {
		const closedSeconds = await this.#storage.get<number>(STREAM_CLOSED_KEY);
		return closedSeconds !== undefined && nowSeconds() - closedSeconds <= RECONNECT_SECONDS;
	}

	/** The session has ended; whoever deletes the storage. */
	close(): void {
		this.#isOpen = false;
		this.#isDeleted = true;
	}

	/** The alarm goes too; the object answers "not found" until it is evicted. */
	async delete(): Promise<void> {
		this.#isOpen = false;
		if (this.#isDeleted) return;
		await this.#storage.deleteAll();
		this.#isDeleted = true;
	}
}

function nowSeconds(): number {
	return Math.floor(Date.now() / 1000);
}
