/** The playground's client in a few client scenarios of the conformance suite. `npm run conformance:client` runs all. */
import { expect, it } from "vitest";
import { runClientScenarios } from "./client-scenarios.ts";

it.each([
	{ revision: "2025-11-25", scenarios: ["tools_call", "auth/metadata-default"] },
	{
		revision: "2026-07-28",
		scenarios: ["sep-2322-client-request-state", "http-custom-headers", "auth/iss-wrong-issuer"],
	},
] as const)("passes scenarios of $revision", async ({ revision, scenarios }) => {
	expect(await runClientScenarios(scenarios, revision)).toEqual({});
});
