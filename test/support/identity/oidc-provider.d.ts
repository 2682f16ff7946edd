/** What the tests use of oidc-provider, which brings no types. */
declare module "oidc-provider" {
	import type { RequestListener } from "node:http";

	export type Context = {
		path: string;
		url: string;
		status: number;
		body: unknown;
		oidc: { client?: { clientId: string } };
	};
	type Token = { resourceServer?: unknown };

	export default class Provider {
		constructor(issuer: string, configuration: Record<string, unknown>);
		/** Whether to believe X-Forwarded-Proto and X-Forwarded-Host. */
		proxy: boolean;
		use(middleware: (ctx: Context, next: () => Promise<void>) => Promise<void>): void;
		on(event: "server_error", listener: (ctx: Context, error: Error) => void): void;
		callback(): RequestListener;
	}
	export type { Token };
}
