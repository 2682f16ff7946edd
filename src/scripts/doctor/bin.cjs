#!/usr/bin/env node
/** `npx mcp-doctor <url>`: what `npm run doctor` runs. Plain CommonJS, as run.cjs is, which says what an old Node.js lacks. */
process.argv.splice(2, 0, "src/scripts/doctor/doctor.ts");
require("../run.cjs");
