/** What the demo offers, asked in every era of the protocol. */
import { catalogue } from "../src/catalogue.ts";
import { IMAGE_ROWS } from "./eras/image-tool.ts";
import { NOTE_ROWS } from "./eras/note-tools.ts";
import { PROMPT_ROWS } from "./eras/prompts.ts";
import { RESOURCE_ROWS } from "./eras/resources.ts";
import { TOOL_ROWS } from "./eras/tools.ts";
import type { Row } from "./support/rows/row.ts";
import { describeEveryEra, describeTable } from "./support/rows/suite.ts";

const ROWS: Row[] = [...TOOL_ROWS, ...IMAGE_ROWS, ...NOTE_ROWS, ...PROMPT_ROWS, ...RESOURCE_ROWS];

describeEveryEra(ROWS);
describeTable(catalogue, ROWS, "test/eras");
