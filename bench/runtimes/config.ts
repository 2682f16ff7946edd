/** What the bench needs of a `wrangler.jsonc`. */
import { unstable_readConfig } from "wrangler";

export type Config = {
	readonly name: string;
	/** The absolute path of the entry point. */
	readonly main: string;
	readonly compatibility_date: string;
	readonly compatibility_flags: readonly string[];
	readonly durable_objects: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
	readonly kv_namespaces: readonly { readonly binding: string }[];
};

export function readSettings(path: string): Config {
	// Wrangler's own type comes from a package that it bundles.
	return unstable_readConfig({ config: path });
}
