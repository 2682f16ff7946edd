import { expect, it } from "vitest";
import { drawImages } from "../../src/tools/draw-images.ts";
import { generateImage } from "../../src/tools/generate-image.ts";
import { openEra } from "../support/eras.ts";
import { signIn } from "../support/worker.ts";

const uri = "skill://draw-images/SKILL.md";
const open = async (permissions: string[]) => {
	const { access_token: token } = await signIn({ email: "draws@example.com", permissions });
	return openEra("2026-07-28", { token });
};

it("the skill to draw images is for users who may draw", async () => {
	const painter = await open(["image_generation"]);
	expect(await painter.request("resources/read", { uri })).toMatchObject({
		result: { contents: [{ uri, text: expect.stringContaining("# Draw good images") }] },
	});
	expect(JSON.stringify(await painter.request("skills/list"))).toContain(uri);
	const other = await open([]);
	expect(JSON.stringify(await other.request("resources/read", { uri }))).toContain("needs the permission");
	expect(JSON.stringify(await other.request("skills/get", { uri }))).toContain("needs the permission");
	expect(JSON.stringify(await other.request("skills/list"))).not.toContain(uri);
});

it("it speaks of the tool's own limits", () => {
	expect([drawImages.scope, drawImages.requires]).toEqual([generateImage.scope, generateImage.requires]);
	const { input } = generateImage;
	expect(drawImages.instructions).toContain("at most 2,048 characters");
	expect(input.safeParse({ prompt: "x".repeat(2048), steps: 8 }).success).toBe(true);
	expect(input.safeParse({ prompt: "x".repeat(2049) }).success).toBe(false);
	expect(input.safeParse({ steps: 9 }).success).toBe(false);
});
