/** The reference server behind the bridge, with every client: whatever the protocol has passes. */
import { afterAll, beforeAll, describe } from "vitest";
import { type Bridge, EVERYTHING, startBridge } from "./bridge.ts";
import { CLIENTS } from "./clients.ts";
import { testEveryMessage } from "./every-message.ts";

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({ command: EVERYTHING });
});
afterAll(() => bridge.stop());

describe.each(CLIENTS)("$title", ({ title, connect, version }) => {
	testEveryMessage(() => connect(bridge.origin, title), version);
});
