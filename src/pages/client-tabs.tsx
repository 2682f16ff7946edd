/** The tabs of the home page: one for each client, with what to paste and buttons to copy it. */
import type { Client, Step } from "./clients.ts";
import { withCode } from "./error.tsx";

/** A script shows it: without JavaScript it could not do anything. */
export function CopyButton({ target, what }: { target: string; what: string }) {
	return (
		<button type="button" class="copy" data-copy={target} aria-label={`Copy ${what}`} hidden>
			Copy
		</button>
	);
}

export function ClientTabs({ clients }: { clients: readonly Client[] }) {
	return (
		<fieldset class="tabs">
			<legend class="visually-hidden">Your assistant</legend>
			{clients.map(({ id, title }, index) => (
				<>
					<input type="radio" name="client" id={`client-${id}`} checked={index === 0} />
					<label for={`client-${id}`}>{title}</label>
				</>
			))}
			{clients.map(({ id, title, steps }) => (
				<section id={`panel-${id}`} class="card" aria-label={title}>
					<h3>{title}</h3>
					<ol>
						{steps.map((step, index) => (
							<StepItem step={step} id={`step-${id}-${index}`} />
						))}
					</ol>
				</section>
			))}
		</fieldset>
	);
}

function StepItem({ step: { text, code, link }, id }: { step: Step; id: string }) {
	return (
		<li>
			{withCode(text)}
			{link && (
				<>
					{" "}
					<a class="button" href={link.href}>
						{link.label}
					</a>
				</>
			)}
			{code && (
				<div class="code">
					<CopyButton target={id} what="this configuration" />
					<pre id={id} tabindex={0}>
						{code}
					</pre>
				</div>
			)}
		</li>
	);
}
