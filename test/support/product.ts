/** The Worker of the projects that test the product as it is; `engine` has support/fixture/worker.ts in its place. */
export { catalogue } from "../../src/catalogue.ts";
export { default } from "../../src/index.ts";
