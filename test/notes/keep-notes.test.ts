import { expect, it } from "vitest";
import { keepNotes } from "../../src/notes/keep-notes.ts";
import { server } from "../../src/server.ts";
import { openNotes } from "./notes.ts";

it("the skill to keep and find notes is listed, and read as a file", async () => {
	const client = await openNotes("keep-notes@example.com");
	const uri = "skill://keep-notes/SKILL.md";
	expect(await client.request("skills/get", { uri })).toMatchObject({
		result: { skill: { uri, frontmatter: { name: "keep-notes", description: keepNotes.description } } },
	});
	expect(await client.request("resources/read", { uri })).toMatchObject({
		result: { contents: [{ uri, mimeType: "text/markdown", text: expect.stringContaining("# Keep and find notes") }] },
	});
});

it("it speaks of tools that there are", () => {
	const named = [...keepNotes.instructions.matchAll(/`(\w+)`/g)].map(([, name]) => name);
	const notes = server.catalogue.tools.filter(({ scope }) => scope === keepNotes.scope).map(({ name }) => name);
	expect(named.filter((name) => name !== "total" && !notes.includes(name ?? ""))).toEqual([]);
	expect(named).toContain("recall");
});
