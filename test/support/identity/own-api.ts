/** Somebody's own API: it takes tokens that are for it, and tells whose they are. */
import { decodeJwt } from "jose";
import { sendJson } from "./http.ts";
import type { Peer } from "./peer.ts";

export const OWN_API = "https://api.example.com/";

export function createOwnApi(): Peer {
	return {
		hosts: [new URL(OWN_API).host],
		listener(request, response) {
			const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
			const { aud, sub } = token.split(".").length === 3 ? decodeJwt(token) : {};
			const isMine = [aud].flat().includes(OWN_API);
			sendJson(response, isMine ? 200 : 401, isMine ? { sub, path: request.url } : { error: "not for me" });
		},
	};
}
