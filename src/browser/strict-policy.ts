/** Before anything of zod runs: it tries whether it may compile code, which the page's policy reports as a violation. */
import { z } from "zod";

z.config({ jitless: true });
