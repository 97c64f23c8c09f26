/** Collects everything that is wrong with what is to be planned, so that one error names it all. */
import { EstaError } from "../errors.js";

export interface PlanningProblem {
  /** Where in the configuration, e.g. `family.anchors[1].heads`. */
  path: string;
  /** What was got, what is allowed. */
  message: string;
}

export class Problems {
  readonly list: PlanningProblem[] = [];

  add(path: string, message: string): void {
    this.list.push({ path, message });
  }

  /** @throws EstaError("configuration") with all problems so far, if there are any. */
  throwIfAny(source: string, hint?: string): void {
    if (this.list.length === 0) return;
    const number = this.list.length === 1 ? "a mistake" : `${this.list.length} mistakes`;
    const lines = this.list.map(({ path, message }) => `  ${path}: ${message}`);
    throw new EstaError("configuration", `${number} in ${source}:\n${lines.join("\n")}`, {
      ...(hint === undefined ? {} : { hint }),
      details: { problems: this.list },
    });
  }
}
