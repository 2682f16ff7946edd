/** The style sheet of all pages. It is inlined, so that a page also works if the server refuses all other requests. */
import { createHash } from "node:crypto";

export const STYLE = `
:root {
	color-scheme: light dark;
	--paper: light-dark(#fafaf9, #1c1917);
	--card: light-dark(#ffffff, #292524);
	--ink: light-dark(#1c1917, #f5f5f4);
	--muted: light-dark(#57534e, #a8a29e);
	--line: light-dark(#d6d3d1, #57534e);
	--accent: light-dark(#c2410c, #fb923c);
	--on-accent: light-dark(#ffffff, #1c1917);
	--warn: light-dark(#fef3c7, #422006);
	--problem: light-dark(#fee2e2, #450a0a);
	--problem-line: light-dark(#b91c1c, #f87171);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 2rem 1rem; overflow-wrap: anywhere; }
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
dd ul { margin: 0; padding-left: 1.25rem; }
.who button { padding: 0.25rem 0.75rem; }
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
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }
button { flex: 1 1 10rem; padding: 0.75rem 1rem; font: inherit; font-weight: 600; color: var(--ink); background: transparent; border: 1px solid var(--line); border-radius: 0.5rem; cursor: pointer; }
button.primary { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.5rem 0.75rem 0.5rem 0; border-top: 1px solid var(--line); }
`;

/** The one style sheet that the pages' Content-Security-Policy allows (CSP Level 3, section 2.3.1). */
export const STYLE_SOURCE = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;
