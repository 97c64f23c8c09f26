import type { InlineFamily } from "../config/schema/family.js";
import type { WeightsReference } from "./plan-schema.js";
export function readModelFamily(
  _c: string[],
  _b: string,
): { shape: InlineFamily; weights: (WeightsReference | null)[] } {
  throw new Error("todo");
}
