import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { Response } from "miniflare";
import { defineConfig } from "vitest/config";
import { CLIENT_DOCUMENTS } from "./test/support/client-documents.ts";

/** The first import of the Worker takes some seconds on a small machine. */
const WORKER_TIMEOUT_MILLISECONDS = 60_000;
/** A real client starts, a person signs in, a tool answers. */
const END_TO_END_TIMEOUT_MILLISECONDS = 120_000;

export default defineConfig({
	test: {
		projects: [
			{
				plugins: [
					cloudflareTest({
						wrangler: { configPath: "./wrangler.jsonc" },
						remoteBindings: false,
						miniflare: {
							bindings: {
								COOKIE_ENCRYPTION_KEY: "a key that only the tests use, long enough",
								IMAGE_GENERATION_USERS: "Listed@example.com",
								ALLOWED_ORIGINS: "https://app.example.com",
							},
							// The public internet: the metadata documents of a few clients, and nothing else.
							outboundService({ url }) {
								const document = CLIENT_DOCUMENTS[url];
								return document ? Response.json(document) : new Response("Not found", { status: 404 });
							},
							// Workers AI exists on Cloudflare only; this is its binding with a worker of ours behind it.
							// Out of the way: it would need an account.
							ai: { binding: "REMOTE_AI" },
							serviceBindings: { AI: { name: "workers-ai", entrypoint: "WorkersAi" } },
							workers: [
								{
									name: "workers-ai",
									modules: true,
									scriptPath: "./test/support/workers-ai.js",
									compatibilityDate: "2026-11-01",
								},
							],
						},
					}),
				],
				test: {
					name: "worker",
					include: ["test/**/*.test.ts"],
					exclude: ["test/e2e/**"],
					testTimeout: WORKER_TIMEOUT_MILLISECONDS,
					hookTimeout: WORKER_TIMEOUT_MILLISECONDS,
				},
			},
			{
				test: {
					name: "e2e",
					include: ["test/e2e/**/*.test.ts"],
					globalSetup: ["test/e2e/server.ts"],
					testTimeout: END_TO_END_TIMEOUT_MILLISECONDS,
					hookTimeout: END_TO_END_TIMEOUT_MILLISECONDS,
				},
			},
		],
	},
});
