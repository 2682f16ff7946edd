/** Sorts the messages that an MCP server sends. */
import {
	isJSONRPCErrorResponse,
	isJSONRPCResultResponse,
	type JSONRPCMessage,
	type JSONRPCResponse,
	type LoggingLevel,
} from "@modelcontextprotocol/server";

/** RFC 5424, section 6.2.1, the least severe first. */
const LEVELS: readonly LoggingLevel[] = [
	"debug",
	"info",
	"notice",
	"warning",
	"error",
	"critical",
	"alert",
	"emergency",
];

export function isAnswer(message: JSONRPCMessage): message is JSONRPCResponse {
	return isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message);
}

/** The level of a log message; undefined for every other message. */
export function logLevelOf(message: JSONRPCMessage): LoggingLevel | undefined {
	if (!("method" in message) || message.method !== "notifications/message") return undefined;
	return LEVELS.find((level) => level === message.params?.level);
}

/** @param least the level that the client set with `logging/setLevel`; if undefined, everything is logged */
export function isLogged(level: LoggingLevel, least: LoggingLevel | "off" | undefined): boolean {
	if (least === "off") return false;
	return least === undefined || LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}
