/**
 * Workers KV at its worst, for all locations: what Cloudflare's documentation ("How KV works", "Limits") says may happen.
 * A write is seen at once where it was made, and elsewhere after up to a minute. A location caches what it read for a
 * minute, also that there was nothing. A key takes one write a second. Time passes as in reality, and by leaps.
 */
type Version = {
	value: string | null;
	metadata: unknown;
	location: string;
	writtenAt: number;
	delays: Map<string, number>;
};
type Cached = { version: Version | undefined; until: number };

/** What a location asks for. Without a location, it is for the test. */
export type Question =
	| { op: "get" | "delete"; location: string; key: string }
	| { op: "put"; location: string; key: string; value: string; metadata: unknown }
	| { op: "list"; location: string; prefix: string }
	| { op: "reset"; seed: number }
	| { op: "leap"; milliseconds: number }
	| { op: "writes" };

const MINUTE = 60_000;
const SECOND = 1000;

let random = seeded(1);
let leaps = 0;
let versions = new Map<string, Version[]>();
let caches = new Map<string, Cached>();
/** The names of the records that were written, in order. */
let writes: string[] = [];

const now = () => Date.now() + leaps;

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

function arrivalOf(version: Version, location: string): number {
	if (version.location === location) return version.writtenAt;
	const delay = version.delays.get(location) ?? random() * MINUTE;
	version.delays.set(location, delay);
	return version.writtenAt + delay;
}

function read(location: string, key: string): Version | undefined {
	const name = `${location} ${key}`;
	const cached = caches.get(name);
	if (cached && cached.until > now()) return cached.version;
	const version = versions.get(key)?.findLast((one) => arrivalOf(one, location) <= now());
	caches.set(name, { version, until: now() + MINUTE });
	return version;
}

function write(location: string, key: string, value: string | null, metadata: unknown): { error?: string } {
	const known = versions.get(key) ?? [];
	const last = known.at(-1);
	if (last && now() - last.writtenAt < SECOND) return { error: "KV PUT failed: 429 Too Many Requests" };
	const version = { value, metadata, location, writtenAt: now(), delays: new Map<string, number>() };
	versions.set(key, [...known, version]);
	caches.set(`${location} ${key}`, { version, until: now() + MINUTE });
	writes.push(key);
	return {};
}

function answer(question: Question): unknown {
	switch (question.op) {
		case "get":
			return { value: read(question.location, question.key)?.value ?? null };
		case "put":
			return write(question.location, question.key, question.value, question.metadata);
		case "delete":
			return write(question.location, question.key, null, undefined);
		case "list": {
			const { location, prefix } = question;
			const names = [...versions.keys()].filter((key) => key.startsWith(prefix));
			const found = names.map((name) => ({ name, version: read(location, name) }));
			const keys = found.filter(({ version }) => typeof version?.value === "string");
			return { keys: keys.map(({ name, version }) => ({ name, metadata: version?.metadata })), list_complete: true };
		}
		case "leap":
			leaps += question.milliseconds;
			return {};
		case "writes":
			return writes.splice(0);
		case "reset":
			random = seeded(question.seed);
			[versions, caches, writes] = [new Map(), new Map(), []];
			return {};
	}
}

export default {
	async fetch(request: Request): Promise<Response> {
		return Response.json(answer(await request.json<Question>()) ?? null);
	},
};
