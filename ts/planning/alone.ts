/** Which stitches the methods tune that train them one by one, and what each of them has of its own. */
import { type AloneConfig, isAlone, type MethodConfig } from "../config/schema/method.js";
import type { Stitch } from "./plan-schema.js";
import { Problems } from "./problems.js";

/**
 * The method with ids in place of names, of whole anchors where nothing was named; other methods as they are.
 *
 * @throws EstaError("configuration") for what is no stitch, and for one that is named twice.
 */
export function resolveAlone(
  method: MethodConfig,
  stitches: readonly Stitch[],
  anchors: number,
): MethodConfig {
  if (!isAlone(method)) return method;
  if (method.stitches === undefined) {
    return { ...method, stitches: Array.from({ length: anchors }, (_, id) => id) };
  }
  const problems = new Problems();
  const byName = new Map(stitches.map(({ id, name }) => [name, id]));
  const seen = new Set<number>();
  const ids = method.stitches.map((wanted, index) => {
    const id = typeof wanted === "number" ? wanted : byName.get(wanted);
    const path = `method.stitches[${index}]`;
    if (id === undefined || id >= stitches.length) {
      problems.add(path, `got ${wanted}; allowed: ids from 0 to ${stitches.length - 1}, or their names`);
    } else if (seen.has(id)) problems.add(path, `got ${wanted}, which is listed already`);
    seen.add(id ?? -1);
    return id ?? 0;
  });
  problems.throwIfAny("the stitches to tune", "`esta plan FILE --json` lists ids and names.");
  return { ...method, stitches: ids };
}

/** Ids of the stitches that a resolved method tunes one by one. */
export function tunedAlone(method: AloneConfig): number[] {
  return (method.stitches ?? []).filter((id) => typeof id === "number");
}
