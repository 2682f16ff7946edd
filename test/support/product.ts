/** The Worker of the projects that test the product as it is; others have support/fixture/worker.ts in its place. */
export { default } from "../../src/index.ts";
export { server } from "../../src/server.ts";
