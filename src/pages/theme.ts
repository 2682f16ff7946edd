/** How the pages look: the mark and the colours. `src/theme.ts` sets them. */

/** A colour in light and in dark mode. */
export type Colour = readonly [light: string, dark: string];

export type Theme = {
	/** The server's mark as a square SVG: on the pages, as the icon of browsers and clients, and in previews. */
	readonly mark: string;
	/** Whether links to the home page show `src/preview.png` where they are shared: 1200 by 630 pixels. */
	readonly hasPreview: boolean;
	/** The background of the page, and of cards on it. */
	readonly paper: Colour;
	readonly card: Colour;
	/** Text, and text that matters less. */
	readonly ink: Colour;
	readonly muted: Colour;
	readonly line: Colour;
	/** Links and main buttons, and the text on such buttons. */
	readonly accent: Colour;
	readonly onAccent: Colour;
	/** The backgrounds of warnings and errors, and the line beside an error. */
	readonly warn: Colour;
	readonly problem: Colour;
	readonly problemLine: Colour;
};

export const DEFAULT_THEME: Theme = {
	mark: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#334155"/><circle cx="16" cy="16" r="7" fill="none" stroke="#fff" stroke-width="4"/></svg>`,
	hasPreview: false,
	paper: ["#fafaf9", "#1c1917"],
	card: ["#ffffff", "#292524"],
	ink: ["#1c1917", "#f5f5f4"],
	muted: ["#57534e", "#a8a29e"],
	line: ["#d6d3d1", "#57534e"],
	accent: ["#334155", "#cbd5e1"],
	onAccent: ["#ffffff", "#1c1917"],
	warn: ["#fef3c7", "#422006"],
	problem: ["#fee2e2", "#450a0a"],
	problemLine: ["#b91c1c", "#f87171"],
};

/** A picture as an address that needs no request. */
export function svgUrl(svg: string): string {
	return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
