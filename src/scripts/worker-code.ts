/**
 * What the Worker's code says of itself, for scripts: its identity providers, and its verdict on settings. That code is for
 * workerd and bundlers, so it is bundled, with empty stand-ins for what only workerd has. Nothing of it is called here that
 * would need them.
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import type { ProviderSettings } from "../identity/settings.ts";
import type { Variables } from "./dev-vars.ts";
import { ROOT } from "./paths.ts";

const ENTRY = `
	import { settingProblems } from "./src/http/setting-problems.ts";
	import { providers } from "./src/identity/index.ts";
	import { server } from "./src/server.ts";
	export { providers };
	export const examine = (settings, isLocal) => settingProblems(server, settings, isLocal);
	export const wayIn = (settings) => server.signIn.describe(settings, "https://deployed.example").way;
`;
/** The classes of workerd that code extends as it loads, and the flag without which the OAuth library warns. */
const STAND_INS = `
	class Nothing {}
	module.exports = { env: {}, DurableObject: Nothing, WorkerEntrypoint: Nothing, RpcTarget: Nothing, EmailMessage: Nothing };
`;
const BEFORE = `
	import { createRequire as requireFrom } from "node:module";
	const require = requireFrom(import.meta.url);
	globalThis.Cloudflare = { compatibilityFlags: { global_fetch_strictly_public: true } };
`;

export type WorkerCode = {
	/** Only what describes a provider is of use outside workerd. */
	readonly providers: readonly Omit<ProviderSettings, "create">[];
	/** @returns a sentence for each setting that is wrong or missing, and one for each that is ignored; never a value */
	examine(
		settings: Variables,
		isLocal: boolean,
	): { readonly problems: readonly string[]; readonly warnings: readonly string[] };
	/** The titles of the providers that users of the deployed server can choose, or the kind of sign-in that replaces them. */
	wayIn(settings: Variables): "api-key" | "none" | readonly string[];
};

const withoutWorkerd: Plugin = {
	name: "without-workerd",
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, namespace: "workerd" }));
		onLoad({ filter: /./, namespace: "workerd" }, () => ({ contents: STAND_INS }));
	},
};

export async function loadWorkerCode(): Promise<WorkerCode> {
	const folder = await mkdtemp(join(tmpdir(), "worker-code-"));
	try {
		const outfile = join(folder, "code.mjs");
		await build({
			stdin: { contents: ENTRY, resolveDir: ROOT },
			outfile,
			bundle: true,
			format: "esm",
			platform: "node",
			conditions: ["workerd", "worker"],
			banner: { js: BEFORE },
			plugins: [withoutWorkerd],
			absWorkingDir: ROOT,
			logLevel: "error",
		});
		return await import(pathToFileURL(outfile).href);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
