/** Which messages of a session need the user's object, which lasts longer than a request. */
import type { Catalogue } from "./definition.ts";
import { isResponse, requestedItems, requests } from "./message.ts";
import type { Session } from "./session-id.ts";

/** Notifications about running calls: their cancellation, and the client's progress with their questions. */
const PLACED_NOTIFICATIONS = ["notifications/cancelled", "notifications/progress"];
const PLACED_METHODS = ["resources/subscribe", "resources/unsubscribe", "logging/setLevel"];

/** Whether a call may take long, or may ask a client that supports it. Then it can be resumed and cancelled. */
export function isPlacedCall(catalogue: Catalogue, message: unknown, session: Pick<Session, "asks">): boolean {
	return requestedItems(catalogue, message).some(({ long }) => long) || mayAsk(catalogue, message, session);
}

/** Whether one of the calls may ask the user, and the client supports it. */
export function mayAsk(catalogue: Catalogue, message: unknown, { asks }: Pick<Session, "asks">): boolean {
	return asks.length > 0 && requestedItems(catalogue, message).some((item) => item.asks);
}

/** @param message a JSON-RPC message, or a batch of them; if one message of a batch needs the object, all go there */
export function needsPlace(catalogue: Catalogue, message: unknown, session: Session): boolean {
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	return (
		isPlacedCall(catalogue, message, session) ||
		requests(message).some(({ method }) => PLACED_METHODS.includes(method)) ||
		messages.some((one) => PLACED_NOTIFICATIONS.includes(Object(one).method)) ||
		messages.some(isResponse)
	);
}
