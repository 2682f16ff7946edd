/** The playground's client in every client scenario of the conformance suite. */
import { describe, expect, it } from "vitest";
import { listClientScenarios, runClientScenarios } from "../conformance/client-scenarios.ts";

/** The scenarios that do not apply, and why. They have to fail: one that passes belongs to the others. */
const NOT_APPLICABLE = {
	"auth/basic-cimd": "The playground registers itself: no server could read a metadata document on localhost.",
	"auth/pre-registration": "The playground registers itself: the page has no field for a client ID and a secret.",
	"auth/scope-step-up":
		"The server lists only tools whose scopes were granted: no call in the page needs another consent.",
};

describe.each(["2025-11-25", "2026-07-28"] as const)("with %s", (revision) => {
	it("passes each scenario that applies", async () => {
		const applicable = (await listClientScenarios(revision)).filter((name) => !Object.hasOwn(NOT_APPLICABLE, name));
		expect(applicable.length).toBeGreaterThan(10);
		expect(await runClientScenarios(applicable, revision)).toEqual({});
	});

	it("fails the scenarios that do not apply", async () => {
		const names = Object.keys(NOT_APPLICABLE);
		expect(await listClientScenarios(revision)).toEqual(expect.arrayContaining(names));
		expect(Object.keys(await runClientScenarios(names, revision)).sort()).toEqual(names);
	});
});
