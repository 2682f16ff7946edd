/** The flags of `npm run deploy`. All but one are for Wrangler; some of those matter here too. */
const ALLOW_NO_SIGN_IN = "--allow-no-sign-in";
const SHORT: Readonly<Record<string, string>> = { "-e": "--env", "-c": "--config" };
/** They choose the Worker whose settings are listed. */
const OF_WORKER = ["--env", "--name", "--config"];
const SECRETS_FILE = "--secrets-file";

export type Flags = {
	/** Those for `wrangler deploy`, without a file of secrets. */
	readonly forWrangler: readonly string[];
	readonly ofWorker: readonly string[];
	readonly environment: string | undefined;
	readonly config: string | undefined;
	/** A file of secrets that is used instead of `.production.vars`. */
	readonly secretsFile: string | undefined;
	readonly isDryRun: boolean;
	readonly allowsNoSignIn: boolean;
	/** Whether Wrangler only prints something. */
	readonly isQuestion: boolean;
};

export function readFlags(args: readonly string[]): Flags {
	const values = new Map<string, string>();
	const forWrangler: string[] = [];
	for (let index = 0; index < args.length; index++) {
		const [word = "", ...rest] = (args[index] ?? "").split("=");
		const name = SHORT[word] ?? word;
		if (name === ALLOW_NO_SIGN_IN) continue;
		const taken = [args[index] ?? ""];
		if (name === SECRETS_FILE || OF_WORKER.includes(name)) {
			const value = rest.length > 0 ? rest.join("=") : args[++index];
			if (value === undefined || value === "") throw new Error(`${word} needs a value behind it.`);
			if (rest.length === 0) taken.push(value);
			values.set(name, value);
		}
		if (name !== SECRETS_FILE) forWrangler.push(...taken);
	}
	return {
		forWrangler,
		ofWorker: OF_WORKER.flatMap((name) => (values.has(name) ? [name, values.get(name) ?? ""] : [])),
		environment: values.get("--env") ?? process.env.CLOUDFLARE_ENV,
		config: values.get("--config"),
		secretsFile: values.get(SECRETS_FILE),
		isDryRun: args.includes("--dry-run") || args.includes("--dry-run=true"),
		allowsNoSignIn: args.includes(ALLOW_NO_SIGN_IN),
		isQuestion: args.some((word) => /^(-h|-v|--help|--version)$/.test(word)),
	};
}
