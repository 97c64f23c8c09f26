import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { planSchema } from "../../../ts/planning/plan-schema.js";
import { plan } from "./helpers.js";

const TOKENS = 197;
const published = JSON.parse(
  readFileSync(new URL("../../contract/costs/snnet-deit.json", import.meta.url), "utf8"),
) as { rows: [number, number][] };

test("SN-Net's 71 published rows are reproduced in order, after the two stated corrections", async () => {
  const made = await plan({
    family: "deit",
    space: { rule: "paired", keep_costlier_than_dearest_anchor: true },
  });
  const rows = made.stitches.map(({ route, macs, params }) => {
    if (route.length === 1) return [macs, params];
    // On stitched routes the published MACs leave out the final norm, the published parameters the class token and
    // the positions.
    const first = made.anchors[route[0]?.anchor ?? -1]?.width ?? Number.NaN;
    const last = made.anchors[route.at(-1)?.anchor ?? -1]?.width ?? Number.NaN;
    return [macs - 5 * TOKENS * last, params - (first + TOKENS * first)];
  });
  expect(rows).toEqual(published.rows);
  expect(made.stitching_layers).toHaveLength(22);
});

test("tiny-vit on digits has a head of ten classes, 30 stitches and a valid plan", async () => {
  const made = await plan({ family: "tiny-vit", task: { type: "image-classification", data: "digits" } });
  expect(planSchema.parse(made)).toEqual(made);
  expect(made.family.classes).toBe(10);
  expect(made.totals.stitches).toBe(30);
  expect(made.anchors.map((anchor) => anchor.weights?.source)).toEqual(["packaged", "packaged", "packaged"]);
});
