/** The mark of an identity provider: its first letter, so that no logo has to be kept up to date. */
export function Initial({ title }: { title: string }) {
	// The style sheet shows the letter, so that it is no part of the button's text.
	return <span class="initial" data-letter={title.slice(0, 1)} />;
}
