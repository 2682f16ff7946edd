/** What was deployed, as Wrangler writes it to a file, and what to do next. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { WorkerCode } from "../worker-code.ts";

const deployedSchema = z.object({ type: z.literal("deploy"), targets: z.array(z.string()).default([]) });

/** @returns the origin of the server: on a domain of its own if it has one; undefined if Wrangler names none */
export function readOrigin(outputFile: string): string | undefined {
	if (!existsSync(outputFile)) return undefined;
	const lines = readFileSync(outputFile, "utf8")
		.split("\n")
		.filter((line) => line !== "");
	const deployed = lines.flatMap((line) => deployedSchema.safeParse(JSON.parse(line)).data ?? []).at(-1);
	const targets = deployed?.targets ?? [];
	const domain = targets.flatMap((target) => /^(\S+) \(custom domain/.exec(target)?.[1] ?? [])[0];
	if (domain !== undefined) return new URL(domain.startsWith("https://") ? domain : `https://${domain}`).origin;
	const [address] = targets.flatMap((target) => /^https:\/\/\S+/.exec(target)?.[0] ?? []);
	return address === undefined ? undefined : new URL(address).origin;
}

/** @param providers those that users can choose */
export function describeDeployed(origin: string, providers: WorkerCode["providers"]): string {
	const callbacks = providers.map(({ title, register }) => `\n  At ${title}:  ${register}`);
	const enter =
		callbacks.length === 0 ? "" : `\n\nThe callback URL of the app must be ${origin}/callback${callbacks.join("")}`;
	return `\nThe server is at ${origin}\nAddress for MCP clients: ${origin}/mcp${enter}`;
}
