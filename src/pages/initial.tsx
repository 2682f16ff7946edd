/** The mark of an identity provider: its first letter, so that no logo has to be kept up to date. */
export function Initial({ title }: { title: string }) {
	return (
		<span class="initial" aria-hidden="true">
			{title.slice(0, 1)}
		</span>
	);
}
