/** An identity provider of the tests. */
import type { RequestListener } from "node:http";
import type { Clients } from "./clients.ts";
import type { SigningKeys } from "./keys.ts";

export type Peer = {
	/** The names under which it is reached. */
	readonly hosts: readonly string[];
	/** The name it takes itself for, if it has several. */
	readonly ownHost?: string;
	readonly listener: RequestListener;
};

export type PeerOptions = {
	readonly clients: Clients;
	readonly keys: SigningKeys;
	/** The callback that is registered for every client. */
	readonly redirectUri: string;
};
