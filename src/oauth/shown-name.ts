/** The name that a client gave itself, as people are shown it. */

/** Longer names push what matters off the page. */
const MAX_LENGTH = 60;

/** Alphabets with letters that look like Latin ones. */
const LOOK_ALIKES = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/u;

/** On one line, without control characters and those that change the direction of text, and cut. */
export function shownName(name: string): string {
	const plain = name
		.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
		.replace(/[\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu, "")
		.trim();
	if (plain === "") return "An app without a name";
	const letters = [...plain];
	return letters.length <= MAX_LENGTH ? plain : `${letters.slice(0, MAX_LENGTH - 1).join("")}…`;
}

/** Whether a name mixes Latin letters with letters of another alphabet that look like them. */
export function mixesAlphabets(name: string): boolean {
	return /\p{Script=Latin}/u.test(name) && LOOK_ALIKES.test(name);
}
