/** A stitch's parts are the whole stitch: their costs sum to the planner's, for every route of every family. */
import { expect, test } from "vitest";
import { listFamilies } from "../../../ts/planning/catalog.js";
import { routeParts } from "../../../ts/sdk/explain.js";
import { makeFamilyPlan } from "../../../ts/sdk/make-family-plan.js";

test.each(listFamilies())("%s", async (name) => {
  const plan = await makeFamilyPlan(name);
  for (const stitch of plan.stitches) {
    const parts = routeParts(plan, stitch);
    const sum = (key: "macs" | "params") => parts.reduce((total, part) => total + part[key], 0);
    expect({ id: stitch.id, macs: sum("macs"), params: sum("params") }).toEqual({
      id: stitch.id,
      macs: stitch.macs,
      params: stitch.params,
    });
    const blocks = stitch.route.reduce((total, { start, end }) => total + end - start, 0);
    expect(parts.filter(({ kind }) => kind === "block")).toHaveLength(blocks);
    const layers = parts.filter(({ kind }) => kind === "stitching-layer").map(({ index }) => index);
    expect(layers).toEqual(stitch.stitching_layers);
  }
});
