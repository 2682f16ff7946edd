/** One server at two locations, with its objects at a third, on the worst Workers KV. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";
import type { Fetch } from "../../support/person.ts";
import { bundle } from "../bundle.ts";
import type { Question } from "./store.ts";

export type Place = "here" | "there";

export type Places = {
	/** A request that arrives at one of the locations. */
	at(place: Place): Fetch;
	/** Begins anew, with other delays. */
	reset(seed: number): Promise<void>;
	/** Some time passes. */
	leap(seconds: number): Promise<void>;
	/** The names of the records that were written since this was asked last. */
	writes(): Promise<string[]>;
	stop(): Promise<void>;
};

/** What runs there, by the name of its entry. */
const SERVERS = {
	stock: { config: "bench/stock/wrangler.jsonc", className: "StockMcp" },
	product: { config: "wrangler.jsonc", className: "RemoteMcp" },
};

export async function openPlaces(name: keyof typeof SERVERS, bindings: Record<string, string> = {}): Promise<Places> {
	const { config, className } = SERVERS[name];
	const entry = `test/e2e/consistency/${name}.ts`;
	const folder = await mkdtemp(join(tmpdir(), "places-"));
	const code = await bundle(entry, config, join(folder, "server"));
	const store = stripTypeScriptTypes(await readFile("test/e2e/consistency/store.ts", "utf8"));
	const { compatibility_date, compatibility_flags } = unstable_readConfig({ config: "wrangler.jsonc" });
	const common = { compatibilityDate: compatibility_date ?? "", compatibilityFlags: compatibility_flags };
	const worker = (name: string, objects: object) => ({
		...common,
		name,
		modules: [{ type: "ESModule" as const, path: code }],
		modulesRoot: join(folder, "server"),
		bindings: { COOKIE_ENCRYPTION_KEY: "a key that only this test uses, long enough", LOCATION: name, ...bindings },
		serviceBindings: { STORE: "store" },
		durableObjects: { MCP_OBJECT: { className, useSQLite: true, ...objects } },
	});
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			workers: [
				worker("here", { scriptName: "objects" }),
				worker("there", { scriptName: "objects" }),
				worker("objects", {}),
				{ ...common, name: "store", modules: [{ type: "ESModule", path: "store.js", contents: store }] },
			],
		}),
	);
	await miniflare.ready;
	const fetchAt =
		(name: string): Fetch =>
		async (url, init) => {
			const found: unknown = await miniflare.getWorker(name);
			return (found as { fetch: Fetch }).fetch(url, { ...init, redirect: "manual" });
		};
	const ask = async (question: Question): Promise<unknown> => {
		const init = { method: "POST", body: JSON.stringify(question) };
		return (await fetchAt("store")("http://store/", init)).json();
	};
	return {
		at: fetchAt,
		reset: async (seed) => void (await ask({ op: "reset", seed })),
		leap: async (seconds) => void (await ask({ op: "leap", milliseconds: seconds * 1000 })),
		writes: async () => (await ask({ op: "writes" })) as string[],
		async stop() {
			await miniflare.dispose();
			await rm(folder, { recursive: true, force: true });
		},
	};
}
