/** The fixture, behind API keys. */
import { apiKeys } from "../../src/sign-in/api-keys.ts";
import { createWorker, type Worker } from "../../src/worker.ts";
import { server as fixture } from "./fixture/server.ts";

export { StdioContainer } from "../../src/stdio/container.ts";
export { StdioLocal } from "../../src/stdio/local.ts";

export const server = { ...fixture, pages: [], signIn: apiKeys() };

const worker: Worker = createWorker(server);

export class RemoteMcp extends worker.RemoteMcp {}

export default worker.handler;
