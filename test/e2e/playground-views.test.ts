/** Views of tools (MCP Apps) on screen: the playground is their host. */
import type { FrameLocator } from "playwright-core";
import { expect, inject, it } from "vitest";
import { type Card, useBrowsers, WAYS } from "./playground-page.ts";

const browsers = useBrowsers();
const origin = inject("origin");

const viewOf = (card: Card): FrameLocator => card.answer.frameLocator("iframe");

it.each(WAYS)("an image is shown on its view with its prompt, over the connection %s", async (way) => {
	const playground = await browsers.openSignedIn(origin, way);
	const draw = playground.card("generateImage");
	await draw.call({ prompt: "A lighthouse at dawn" });
	const view = viewOf(draw);
	const image = view.getByRole("img", { name: "A lighthouse at dawn" });
	await image.waitFor();
	await expect.poll(() => image.evaluate((one) => Reflect.get(one, "naturalWidth"))).toBe(128);
	expect(await view.getByLabel("Prompt").inputValue()).toBe("A lighthouse at dawn");
	await playground.page.screenshot({ path: `/tmp/mine/view-${way}.png`, fullPage: true });
});
