import { Layout } from "./layout.tsx";

type ErrorPageProps = {
	/** What happened, safe to show to anyone. */
	sentence: string;
	/** What to do next. */
	hint?: string | undefined;
	requestId: string;
};

export function ErrorPage({ sentence, hint, requestId }: ErrorPageProps) {
	return (
		<Layout title="That did not work">
			<div class="card">
				<h1>That did not work</h1>
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
