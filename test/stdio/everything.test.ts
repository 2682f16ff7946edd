/** The reference server behind the door, with every client: whatever the protocol has passes. */
import { describe } from "vitest";
import { CLIENTS } from "./clients.ts";
import { useStdio } from "./door.ts";
import { testEveryMessage } from "./every-message.ts";
import { EVERYTHING } from "./processes.ts";

const stdio = useStdio({ command: EVERYTHING });

describe.each(CLIENTS)("$title", ({ title, connect, version }) => {
	testEveryMessage(() => connect(stdio, title), version);
});
