import type { Child } from "hono/jsx";
import { Layout } from "./layout.tsx";

export type ErrorPageProps = {
	title?: string;
	/** What happened, safe to show to anyone. `Backticks` enclose commands and names. */
	sentence: string;
	/** Why, and what to do next. */
	hint?: Child;
	/** Whether nothing is wrong, and the page only explains how to go on. */
	isNotice?: boolean;
	/** Whether to link to the home page. Set it to false if the home page failed or cannot be opened. */
	hasHomeLink?: boolean;
	requestId: string;
};

export function ErrorPage({ title = "That did not work", sentence, hint, ...props }: ErrorPageProps) {
	const { isNotice = false, hasHomeLink = true, requestId } = props;
	return (
		<Layout title={title} hasWayHome={hasHomeLink}>
			<div class="card">
				<h1>{title}</h1>
				{isNotice ? (
					<p>{withCode(sentence)}</p>
				) : (
					<p class="problem" role="alert">
						{withCode(sentence)}
					</p>
				)}
				{typeof hint === "string" ? <p>{withCode(hint)}</p> : hint}
				{hasHomeLink && (
					<p>
						<a href="/">Go to the home page</a>
					</p>
				)}
				{!isNotice && (
					<p class="muted note">
						If you ask for help, give this number: <code>{requestId}</code>
					</p>
				)}
			</div>
		</Layout>
	);
}

/** Renders a text, with the parts between `backticks` as code. */
export function withCode(text: string): Child {
	return text.split("`").map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part));
}
