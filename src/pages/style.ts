/** The style sheet of all pages. It is inlined, so that a page also works if the server refuses all other requests. */
import { createHash } from "node:crypto";
import { CLIENT_IDS } from "./clients.ts";
import { type Colour, svgUrl, type Theme } from "./theme.ts";

export type Style = {
	readonly css: string;
	/** What the Content-Security-Policy allows (CSP Level 3, section 2.3.1). */
	readonly source: string;
	readonly markUrl: string;
};

const styles = new WeakMap<Theme, Style>();

export function styleOf(theme: Theme): Style {
	const known = styles.get(theme);
	if (known) return known;
	const css = `:root {\n\tcolor-scheme: light dark;\n${variablesOf(theme)}\n}\n${RULES}`;
	const source = `'sha256-${createHash("sha256").update(css).digest("base64")}'`;
	const style = { css, source, markUrl: svgUrl(theme.mark) };
	styles.set(theme, style);
	return style;
}

function variablesOf({ mark: _mark, hasPreview: _hasPreview, ...colours }: Theme): string {
	return Object.entries(colours)
		.map(([name, [light, dark]]: [string, Colour]) => `\t--${kebab(name)}: light-dark(${light}, ${dark});`)
		.join("\n");
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Without JavaScript, the chosen radio button decides which client's panel is shown. */
const SHOWN_PANELS = CLIENT_IDS.map(
	(id) => `\t.tabs:has(#client-${id}:checked) > #panel-${id} { display: block; }`,
).join("\n");

const RULES = `
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 2rem 1rem; overflow-wrap: anywhere; }
.brand { display: flex; gap: 0.5rem; align-items: center; max-width: 40rem; margin: 0 auto; padding: 1.25rem 1rem 0; font-weight: 600; }
.brand a { display: contents; color: inherit; text-decoration: none; }
.brand img { width: 1.5rem; height: 1.5rem; flex: none; }
.brand + main { padding-top: 1rem; }
main.wide, .brand:has(+ main.wide) { max-width: 56rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; margin: 2rem 0 0.5rem; }
a { color: var(--accent); }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem; white-space: pre-wrap; }
td code { white-space: nowrap; }
.muted { color: var(--muted); }
.warning, .problem { background: var(--warn); border-left: 4px solid var(--accent); border-radius: 0.25rem; padding: 0.75rem 1rem; }
.problem { background: var(--problem); border-color: var(--problem-line); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1.5rem; }
.card + .card { margin-top: 1rem; }
.card h2 { margin-top: 0; }
.card > :first-child { margin-top: 0; }
.card > :last-child { margin-bottom: 0; }
dd ul { margin: 0; padding-left: 1.25rem; }
.who p { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1rem; }
.who button { flex: none; padding: 0.25rem 0.75rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; margin: 1rem 0; }
dt { color: var(--muted); }
dd { margin: 0; }
@media (max-width: 30rem) { dl { display: block; } dd { margin-bottom: 0.5rem; } }
fieldset { border: 1px solid var(--line); border-radius: 0.5rem; margin: 1rem 0; padding: 0.75rem 1rem; }
legend { padding: 0 0.25rem; font-weight: 600; }
label.choice { display: flex; gap: 0.75rem; align-items: flex-start; padding: 0.375rem 0; }
label.choice input { width: 1.25rem; height: 1.25rem; margin: 0.125rem 0 0; flex: none; accent-color: var(--accent); }
.note { display: block; font-size: 0.875rem; }
label.field { display: block; margin: 1rem 0; font-weight: 600; }
label.field input { display: block; width: 100%; margin-top: 0.25rem; padding: 0.625rem 0.75rem; font: inherit; font-weight: normal; color: inherit; background: var(--paper); border: 1px solid var(--muted); border-radius: 0.5rem; }
label.field input[aria-invalid=true] { border-color: var(--problem-line); }
::placeholder { color: var(--muted); opacity: 1; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }
button { flex: 1 1 10rem; padding: 0.75rem 1rem; font: inherit; font-weight: 600; color: var(--ink); background: transparent; border: 1px solid var(--muted); border-radius: 0.5rem; cursor: pointer; }
.buttons button[value=deny] { order: 1; }
button.danger { color: var(--problem-line); border-color: currentColor; }
button.primary { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.5rem 0.75rem 0.5rem 0; border-top: 1px solid var(--line); }
td time { white-space: nowrap; }
@media (max-width: 30rem) {
	table { table-layout: fixed; font-size: 0.875rem; }
	td, th { padding-right: 0.5rem; }
	td:last-child { padding-right: 0; }
	td time { white-space: normal; overflow-wrap: normal; }
}
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.address { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1rem; }
.address code { font-size: 1rem; font-weight: 600; }
.masthead { display: flex; gap: 1rem; align-items: center; margin-bottom: 1rem; }
.masthead h1 { margin: 0; }
.masthead img { width: 3rem; height: 3rem; flex: none; }
.lead { font-size: 1.125rem; margin-top: 0; }
button.copy { flex: none; padding: 0.25rem 0.75rem; font-size: 0.875rem; }
.code { position: relative; }
.code pre { margin: 0.5rem 0; white-space: pre; overflow-x: auto; }
.code button.copy { position: absolute; top: 0.5rem; right: 0.5rem; background: var(--card); }
.code button.copy:not([hidden]) + pre { padding-right: 5.5rem; }
@media (max-width: 30rem) { .code button.copy { position: static; margin-top: 0.5rem; } .code button.copy:not([hidden]) + pre { padding-right: 0.75rem; } }
.providers { flex-direction: column; }
.providers button { display: flex; gap: 0.75rem; align-items: center; flex: none; text-align: left; }
.providers button[value=deny] { justify-content: center; }
main.wide .buttons button { flex: none; }
.initial { display: inline-grid; place-items: center; width: 1.75rem; height: 1.75rem; flex: none; background: var(--line); border-radius: 50%; font-size: 0.875rem; }
.initial::before { content: attr(data-letter) / ""; }
p:has(> a.button) { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; }
a.button { display: inline-block; text-align: center; padding: 0.5rem 1rem; font-weight: 600; text-decoration: none; color: var(--on-accent); background: var(--accent); border-radius: 0.5rem; }
.tabs { display: flex; flex-wrap: wrap; gap: 0.25rem; min-width: 0; border: 0; margin: 0; padding: 0; }
.tabs > legend { margin-bottom: 0.5rem; padding: 0; font-size: 1.125rem; }
.tabs > label { padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; cursor: pointer; }
.tabs > input { position: absolute; opacity: 0; }
.tabs > input:checked + label { font-weight: 600; color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
.tabs > input:focus-visible + label { outline: 3px solid var(--accent); outline-offset: 2px; }
.tabs > section { flex: 1 0 100%; max-width: 100%; margin-top: 0.75rem; }
.tabs > section h3 { margin: 0; font-size: 1rem; }
.tabs ol { margin: 0.5rem 0 0; padding-left: 1.25rem; }
.tabs li { padding: 0.25rem 0; }
@supports selector(:has(a)) {
	.tabs > section { display: none; }
${SHOWN_PANELS}
}
.tools { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); gap: 0.75rem; }
.tools li { background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1rem; }
.tools h3 { display: flex; gap: 0.5rem; align-items: center; margin: 0; font-size: 1rem; }
.tools img { width: 1.25rem; height: 1.25rem; flex: none; }
.tools p { margin: 0.25rem 0; }
footer { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--line); }
footer ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; margin: 0; padding: 0; }
`;
