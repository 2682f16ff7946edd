/** Where the scripts of package.json find things. The Worker has no files, and needs none of these. */
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
export const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
