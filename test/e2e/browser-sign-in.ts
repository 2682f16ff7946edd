/** Consent and sign-in in a real browser, by the names that the forms send. */
import type { Page } from "playwright-core";

export type BrowserAnswers = { readonly email: string; readonly permissions?: readonly string[] };

/** Allows what the app asks for and signs in; the browser then goes back to the app. */
export async function allowAndSignIn(page: Page, { email, permissions = [] }: BrowserAnswers): Promise<void> {
	await page.locator("button[name=decision][value=approve]").click();
	for (const permission of permissions) await page.locator(`input[name=permission][value=${permission}]`).check();
	await page.locator("input[name=email]").fill(email);
	await page.locator("input[name=password]").fill("anything");
	await page.locator("input[name=password]").press("Enter");
}
