/** If required settings are wrong or missing, every request gets a 503 response that names all settings to correct. */
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app-env.ts";
import { logWarning } from "../errors.ts";
import { withCode } from "../pages/error.tsx";
import { answerWithPage, refuse, wantsPage } from "./answers.tsx";
import { isLoopbackUrl } from "./loopback.ts";
import { settingProblems } from "./setting-problems.ts";

/** No retry can succeed until an administrator corrects the settings. */
const RETRY_AFTER_SECONDS = "60";

const SENTENCE = "This server cannot be used yet, because some of its settings are missing or wrong.";

const REMEDIES = {
	local: "Correct them in `.dev.vars`, then restart `npm start`.",
	deployed: "Set each with `npx wrangler secret put NAME`.",
};

/** The sentences that this isolate has logged. */
const logged = new Set<string>();

export const refuseWhileMisconfigured = createMiddleware<AppEnv>(async (c, next) => {
	const isLocal = isLoopbackUrl(c.req.url);
	const { problems, warnings } = settingProblems(c.get("server"), c.env, isLocal);
	logOnce("setting_ignored", warnings);
	logOnce("setting_wrong", problems);
	if (problems.length === 0) return next();
	c.header("Retry-After", RETRY_AFTER_SECONDS);
	const remedy = isLocal ? REMEDIES.local : REMEDIES.deployed;
	if (!wantsPage(c)) return refuse(c, 503, [SENTENCE, ...problems, remedy].join(" "));
	return answerWithPage(c, 503, {
		title: "This server is not set up yet",
		sentence: SENTENCE,
		hint: (
			<>
				<p>The administrator of this server has to correct these:</p>
				<ul>
					{problems.map((problem) => (
						<li>{withCode(problem)}</li>
					))}
				</ul>
				<p>{withCode(`${remedy} \`docs/settings.env\` describes every setting.`)}</p>
			</>
		),
		hasHomeLink: false,
	});
});

/** Writes those sentences to the log that this isolate has not logged yet. */
export function logOnce(event: string, sentences: readonly string[]): void {
	for (const sentence of sentences) {
		if (logged.has(sentence)) continue;
		logged.add(sentence);
		logWarning(event, { sentence });
	}
}
