/** The tools of this server. A new tool is one file here, one line below, and one test. */
import { add } from "./add.ts";
import type { Tool } from "./define.ts";
import { forget } from "./forget.ts";
import { generateImage } from "./generate-image.ts";
import { recall } from "./recall.ts";
import { remember } from "./remember.ts";
import { whoami } from "./whoami.ts";

export const tools: readonly Tool[] = [add, generateImage, whoami, remember, recall, forget];
