import { Layout } from "./layout.tsx";

type ErrorPageProps = {
	title?: string;
	/** What happened, safe to show to anyone. */
	sentence: string;
	/** What to do next. */
	hint?: string | undefined;
	requestId: string;
};

export function ErrorPage({ title = "That did not work", sentence, hint, requestId }: ErrorPageProps) {
	return (
		<Layout title={title}>
			<div class="card">
				<h1>{title}</h1>
				<p class="problem" role="alert">
					{sentence}
				</p>
				{hint && <p>{hint}</p>}
				<p class="muted">
					Request <code>{requestId}</code> · <a href="/">What this server is</a>
				</p>
			</div>
		</Layout>
	);
}
