/** Which stitches of a run an operation is about, as a caller names them and as the engine is told. */
import type { STITCH_SETS } from "../config/stitch-sets.js";
import { EstaError } from "../errors.js";
import type { Run } from "./open-run.js";

/** The palette, every stitch of the plan, or these ids. */
export type StitchChoice = StitchSet | readonly number[];

/** Those that a palette names, or every stitch of the plan. */
export type StitchSet = (typeof STITCH_SETS)[number];

/** The engine's word for a choice. @throws EstaError("usage") for an id that the run has not. */
export function stitchList(run: Run, choice: StitchChoice = "palette"): string {
  if (typeof choice === "string") return choice;
  const known = run.plan.stitches.length;
  const unknown = choice.filter((id) => !Number.isInteger(id) || id < 0 || id >= known);
  if (unknown.length === 0) return choice.join(",");
  throw new EstaError("usage", `no stitch ${unknown.join(", ")} in this run; ids go from 0 to ${known - 1}`, {
    hint: "`esta plan --json` and the run's plan.json list the stitches.",
  });
}
