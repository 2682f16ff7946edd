/** The one script of the pages: buttons that copy what stands beside them. Without JavaScript they stay hidden. */
import { createHash } from "node:crypto";

const COPIED_MILLISECONDS = 2_000;

export const COPY_SCRIPT = `
for (const button of document.querySelectorAll("button[data-copy]")) {
	const label = button.textContent;
	const tell = (text) => {
		button.textContent = text;
		setTimeout(() => (button.textContent = label), ${COPIED_MILLISECONDS});
	};
	button.hidden = false;
	button.addEventListener("click", () => {
		const text = document.getElementById(button.dataset.copy).textContent;
		navigator.clipboard.writeText(text).then(() => tell("Copied"), () => tell("Copy failed"));
	});
}
`;

/** What the Content-Security-Policy allows (CSP Level 3, section 2.3.1). */
export const COPY_SCRIPT_SOURCE = `'sha256-${createHash("sha256").update(COPY_SCRIPT).digest("base64")}'`;
