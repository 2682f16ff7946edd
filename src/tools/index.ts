/** The tools of this server. A new tool is one file here, one line below, and one test. */
import { add } from "./add.ts";
import type { Tool } from "./define.ts";
import { generateImage } from "./generate-image.ts";
import { whoami } from "./whoami.ts";

export const tools: readonly Tool[] = [add, generateImage, whoami] as const;
