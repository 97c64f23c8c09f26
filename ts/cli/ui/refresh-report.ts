/** Writes a run's report anew, and warns of runs that no longer stand beside it. */
import type { Run } from "../../sdk/open-run.js";
import { refreshReport } from "../../sdk/write-report.js";
import type { Output } from "./output.js";

/** The report's path. */
export async function refreshShownReport(run: Run, output: Output): Promise<string> {
  const { file, left_out } = await refreshReport(run);
  for (const reason of left_out) output.warn(`left out of the report: ${reason}`);
  return file;
}
