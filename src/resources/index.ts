/** The resources of this server. A new resource is one file here, one line below, and one test. */
import type { Resource } from "./define.ts";
import { note } from "./note.ts";

export const resources: readonly Resource[] = [note];
