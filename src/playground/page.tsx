/** The page of the playground: what it says while its program has not started, or cannot. */
import { Layout } from "../pages/layout.tsx";

export const PLAYGROUND_PATH = "/playground";

export function PlaygroundPage() {
	const head = (
		<>
			<link rel="stylesheet" href={`${PLAYGROUND_PATH}/style.css`} />
			<script type="module" src={`${PLAYGROUND_PATH}/playground.js`} />
		</>
	);
	return (
		<Layout title="Playground" isWide hasWayHome head={head}>
			<h1>Playground</h1>
			<div id="playground">
				<noscript>
					<p class="warning">
						The playground is a program that runs in your browser, so it needs JavaScript. To use this server without
						it, <a href="/">connect an assistant</a>.
					</p>
				</noscript>
			</div>
		</Layout>
	);
}
