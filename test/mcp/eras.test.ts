/** Each item of the fixture, asked in every era of the protocol. */
import { server } from "../support/fixture/server.ts";
import type { Row } from "../support/rows/row.ts";
import { describeEveryEra, describeTable } from "../support/rows/suite.ts";
import { PROMPT_ROWS } from "./eras/prompts.ts";
import { RESOURCE_ROWS } from "./eras/resources.ts";
import { SKILL_ROWS } from "./eras/skills.ts";
import { TOOL_ROWS } from "./eras/tools.ts";

const ROWS: Row[] = [...TOOL_ROWS, ...PROMPT_ROWS, ...RESOURCE_ROWS, ...SKILL_ROWS];

describeEveryEra(ROWS);
describeTable(server.catalogue, ROWS, "test/mcp/eras");
