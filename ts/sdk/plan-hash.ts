/** The hash by which a run is recognised: of everything in its plan that what it computes may depend on. */
import { createHash } from "node:crypto";
import type { Plan } from "../planning/plan-schema.js";

/** SHA-256 in hex; where a run lies, which interpreter and how many reading threads it has say nothing of results. */
export function planHash(plan: Plan): string {
  const { folder: _folder, python: _python, workers: _workers, ...run } = plan.config.run;
  const content = { ...plan, config: { ...plan.config, run } };
  return createHash("sha256").update(canonical(content)).digest("hex");
}

/** JSON with sorted keys, so that it does not matter who built the object; what is undefined is left out. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
  return `{${entries.join(",")}}`;
}
