import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { UserObject } from "../../src/user/object.ts";
import { Streams } from "../../src/user/streams.ts";

const CHANGED = { lists: ["tools"], resources: [] } as const;

/** The streams of a user, whose sessions answer as they are told. */
function withStreams(announce: (streams: Streams) => Promise<boolean>, run: (streams: Streams) => Promise<void>) {
	const object = env.USER_OBJECT.getByName(crypto.randomUUID());
	return runInDurableObject(object, async (_instance: UserObject, { storage }) => {
		const namespace = { getByName: () => ({ announce: () => announce(streams) }) };
		const streams: Streams = new Streams(Object.assign({}, env, { MCP_OBJECT: namespace }), storage.sql);
		await run(streams);
	});
}

describe("a stream that should be told of a change", () => {
	it("is told the next time, if its session could not be reached", async () => {
		const log = vi.spyOn(console, "warn").mockImplementation(() => {});
		let calls = 0;
		const announce = async () => {
			calls++;
			if (calls === 1) throw new Error("Durable Object reset because its code was updated.");
			return true;
		};
		await withStreams(announce, async (streams) => {
			streams.add("one");
			await streams.announce(CHANGED);
			await streams.announce(CHANGED);
		});
		expect(calls).toBe(2);
		log.mockRestore();
	});

	it("stays known when it opens while it is found closed", async () => {
		let calls = 0;
		const announce = async (streams: Streams) => {
			if (calls++ === 0) streams.add("one");
			return false;
		};
		await withStreams(announce, async (streams) => {
			streams.add("one");
			await streams.announce(CHANGED);
			await streams.announce(CHANGED);
			await streams.announce(CHANGED);
		});
		expect(calls).toBe(2);
	});

	it("is one of the newest hundred", async () => {
		let calls = 0;
		await withStreams(
			async () => ++calls > 0,
			async (streams) => {
				for (let count = 0; count < 120; count++) streams.add(`session-${count}`);
				await streams.announce(CHANGED);
			},
		);
		expect(calls).toBe(100);
	});
});
