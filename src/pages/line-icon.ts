/** An icon of lines on a field of 24 by 24, in a grey that shows on light and dark backgrounds. */

const GREY = "#78716c";

/**
 * @param shapes SVG elements
 * @example
 * lineIcon('<path d="M12 5v14M5 12h14"/>'); // a plus sign
 */
export function lineIcon(shapes: string): string {
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="${GREY}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${shapes}</svg>`;
}
