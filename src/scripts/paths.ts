/** Paths for the scripts of package.json. The Worker has no file system, and must not use them. */
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
export const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
