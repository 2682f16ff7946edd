/** What to enter at an identity provider. */
import type { Provider } from "./answer.ts";

const LOCAL = "http://localhost:8788";
const UNKNOWN = "https://YOUR-HOST";

/** @param host the origin of the deployed server, if it is known */
export function registration({ title, register }: Provider, host: string | undefined, isLocal: boolean): string {
	const callbacks = [
		...(isLocal ? [`${LOCAL}/callback  (for npm start)`] : []),
		...(!isLocal || host !== undefined ? [`${host ?? UNKNOWN}/callback  (for the deployed server)`] : []),
	];
	const later =
		isLocal || host !== undefined
			? ""
			: "\n  npm run deploy prints the address. Until then, enter any, and correct it afterwards.";
	return `\n${title}\n  Create the app:  ${register}\n  Callback URL:    ${callbacks.join("\n                   ")}${later}`;
}
