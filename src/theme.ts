/** The mark and the colours of this server. Yours to change: every member of `Theme` can be set here. */
import type { Theme } from "./pages/theme.ts";

export const theme: Partial<Theme> = {
	mark: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#c2410c"/><path d="M8 24V10l8 8 8-8v14" fill="none" stroke="#fff" stroke-width="3.5" stroke-linejoin="round" stroke-linecap="round"/></svg>`,
	hasPreview: true,
	accent: ["#c2410c", "#fb923c"],
	onAccent: ["#ffffff", "#1c1917"],
};
