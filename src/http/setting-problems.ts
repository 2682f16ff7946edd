/** Everything that is wrong with an environment's settings. `npm run setup` and `npm run deploy` ask the same. */
import type { AppEnv } from "../app-env.ts";
import { readAllowLists } from "../auth/permissions.ts";
import { problemsOf, readSettings } from "../auth/settings.ts";

/**
 * @param isLocal whether the server is on a loopback host, which needs fewer settings
 * @returns a sentence for each setting that is wrong or missing, and one for each that is ignored
 */
export function settingProblems(
	server: AppEnv["Variables"]["server"],
	env: Env,
	isLocal: boolean,
): { readonly problems: readonly string[]; readonly warnings: readonly string[] } {
	const settings = readSettings(env);
	const { signIn, extras } = server;
	return {
		problems: [
			...problemsOf(settings, isLocal),
			...signIn.problems(env, isLocal),
			...extras.flatMap((extra) => extra.problems(env)),
		],
		warnings: [...settings.warnings, ...signIn.warnings(env), ...readAllowLists(server, env).warnings],
	};
}
