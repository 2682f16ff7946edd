/** Metadata of the protected resource (RFC 9728), as strict clients read it. */
import { checkResourceAllowed } from "@modelcontextprotocol/client";
import { hasSignIn, isSafeUrl, NO_SIGN_IN, resource, resourceDocuments, strings } from "../authorization.ts";
import { type Check, fault, ok, skipped, warning } from "../check.ts";
import type { Target } from "../target.ts";

const RFC_9728 = "RFC 9728 §3.3; VS Code and Windsurf compare exactly";

/** The same address: a query and a missing path are no difference. */
const isSame = (resource: unknown, { href, origin, pathname }: URL) =>
	resource === href || resource === origin + pathname || (pathname === "/" && resource === origin);

export const resourceMetadata: Check = {
	id: "resource-metadata",
	title: "The protected resource's metadata can be read",
	async *run(target) {
		if (!(await hasSignIn(target))) {
			yield skipped(NO_SIGN_IN);
			return;
		}
		const found = await target.learn(resource);
		const { own, root } = await target.learn(resourceDocuments);
		if (!found) {
			yield fault(
				`Neither the challenge nor ${own.url} nor ${root.url} leads to protected resource metadata.`,
				`Serve it at ${own.url}.`,
				"RFC 9728 §3.1; MCP 2025-11-25, Protected Resource Metadata Discovery Requirements",
			);
			return;
		}
		const servers = strings(found.body?.authorization_servers);
		if (servers.length === 0 || !servers.every(isSafeUrl)) {
			yield fault(
				`${found.url} names ${servers.length === 0 ? "no authorization server" : `an authorization server without https: ${servers.join(", ")}`}.`,
				"Name the https address of at least one issuer in authorization_servers.",
				"MCP 2025-11-25, Authorization Server Location",
			);
			return;
		}
		if (!own.body) {
			yield warning(
				`${own.url} answered ${own.answer.status}: clients that do not read the challenge look there.`,
				"Serve the metadata there, too.",
				"RFC 9728 §3.1",
			);
		} else yield ok(`${found.url} names the authorization server ${servers.join(", ")}.`);
	},
};

export const audience: Check = {
	id: "audience",
	title: "The metadata's resource is exactly the address that clients were given",
	async *run(target) {
		const found = await target.learn(resource);
		if (!found || !(await hasSignIn(target))) {
			yield skipped("There is no protected resource metadata.");
			return;
		}
		const { challenged, own, root } = await target.learn(resourceDocuments);
		for (const document of new Set([challenged, own])) {
			const named = document?.body?.resource;
			if (!document?.body || isSame(named, target.url)) continue;
			yield fault(
				`${document.url} says that its resource is ${JSON.stringify(named)}, but clients ask for ${target.url}.`,
				`Set resource to ${target.url}, character by character.`,
				RFC_9728,
			);
			return;
		}
		const named = root.body?.resource;
		if (typeof named === "string" && !isWithin(target, named)) {
			const finding = found === root ? fault : warning;
			yield finding(
				`${root.url} says that its resource is ${JSON.stringify(named)}, which does not hold for ${target.url}.`,
				`Set resource there to ${target.url.origin} or to ${target.url}, or serve nothing there.`,
				RFC_9728,
			);
		} else yield ok(`${found.url} says that its resource is ${JSON.stringify(found.body?.resource)}.`);
	},
};

function isWithin({ url }: Target, configured: string): boolean {
	return URL.canParse(configured) && checkResourceAllowed({ requestedResource: url, configuredResource: configured });
}
