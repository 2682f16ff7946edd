/** The stream of a GET to `/mcp`: what belongs to no POST. */
import type { EventLog } from "./event-log.ts";
import { emptyEvent, eventOf, takesEmptyEvents } from "./event-stream.ts";
import { LAST_EVENT_HEADER } from "./session.ts";

/** Begins a stream: with an id to come back with, and with what the client missed if it is back. */
export async function openStandaloneStream(
	eventLog: EventLog,
	headers: Headers,
	send: (event: string) => void,
): Promise<void> {
	const lastEventId = headers.get(LAST_EVENT_HEADER) || undefined;
	// Also for a client that is back: it may lose this connection too, before there is anything to tell.
	if (takesEmptyEvents(headers.get("Mcp-Protocol-Version"))) {
		send(emptyEvent(lastEventId ?? eventLog.standaloneEventId()));
	}
	if (lastEventId === undefined) return;
	await eventLog.replayEventsAfter(lastEventId, {
		send: async (eventId, message) => send(eventOf(message, eventId)),
	});
}
