/** A KV namespace in memory, as the binding of workerd asks for it. Nothing expires. */

/** @type {Map<string, { value: ArrayBuffer, metadata: string | null }>} */
const entries = new Map();

export default {
	/** @param {Request} request */
	async fetch(request) {
		const { pathname, searchParams } = new URL(request.url);
		const key = decodeURIComponent(pathname.slice(1));
		if (key === "") return list(searchParams.get("prefix") ?? "");
		if (request.method === "PUT") {
			entries.set(key, { value: await request.arrayBuffer(), metadata: request.headers.get("CF-KV-Metadata") });
			return new Response();
		}
		if (request.method === "DELETE") {
			entries.delete(key);
			return new Response();
		}
		const entry = entries.get(key);
		if (!entry) return new Response("Not Found", { status: 404 });
		return new Response(entry.value, { headers: entry.metadata ? { "CF-KV-Metadata": entry.metadata } : {} });
	},
};

/** @param {string} prefix */
function list(prefix) {
	const keys = [...entries]
		.filter(([name]) => name.startsWith(prefix))
		.map(([name, { metadata }]) => ({ name, ...(metadata && { metadata }) }));
	return Response.json({ keys, list_complete: true });
}
