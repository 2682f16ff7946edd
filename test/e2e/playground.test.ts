/** The playground in a browser: sign in, call tools, and read their answers. */
import { describe, expect, inject, it } from "vitest";
import { violationsOf } from "./axe.ts";
import { useBrowsers, WAYS } from "./playground-page.ts";

const origin = inject("origin");
const browsers = useBrowsers();

describe.each(WAYS)("over the connection %s", (way) => {
	it("a person signs in, adds two numbers, is asked for a prompt, and sees the image", async () => {
		const playground = await browsers.open(origin);
		const { page } = playground;
		expect(await violationsOf(page)).toEqual([]);
		await playground.signIn();
		expect(page.url()).toBe(`${origin}/playground`);
		if (way !== "stateless") await playground.switchTo(way);
		const add = playground.card("add");
		expect(await add.element.locator(".field > label").allTextContents()).toEqual([
			"First number a",
			"Second number b",
		]);
		const sum = await add.call({ a: "2", b: "3" });
		expect(await sum.locator("pre.text").textContent()).toBe("5");
		const draw = playground.card("generateImage");
		await draw.start();
		await draw.question.getByLabel("Prompt").fill("a lighthouse");
		await draw.question.getByRole("button", { name: "Answer" }).click();
		const picture = draw.answer.frameLocator("iframe").getByRole("img", { name: "a lighthouse" });
		await expect.poll(() => picture.evaluate((one) => Reflect.get(one, "width"))).toBe(128);
		await page.getByText("Messages").click();
		expect(await violationsOf(page)).toEqual([]);
		expect(await page.locator(".messages").textContent()).toContain("Authorization: Bearer $TOKEN");
		await page.getByRole("button", { name: "Sign out" }).click();
		await playground.signInButton.waitFor();
	});
});
