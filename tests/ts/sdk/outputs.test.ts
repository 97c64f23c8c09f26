/** What is asked of a run's outputs: files where there is no folder yet, numbers that are none. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFamilyPlan } from "../../../ts/sdk/make-family-plan.js";
import type { Run } from "../../../ts/sdk/open-run.js";
import { predict } from "../../../ts/sdk/predict.js";
import { makeRunReport } from "../../../ts/sdk/report.js";
import { writeReport } from "../../../ts/sdk/write-report.js";
import { scratch } from "../../scratch.js";

const plan = await makeFamilyPlan("tiny-vit");
const run: Run = {
  ...{
    folder: "my runs/x",
    plan,
    palette: undefined,
    environment: undefined,
    evaluations: [],
    latencies: [],
  },
  events: async () => [],
  samples: async () => [],
};

test("a report is written into a folder that is made for it", async () => {
  const out = join(scratch(), "new", "report.md");
  expect(await writeReport(run, { out })).toBe(out);
  expect(existsSync(out)).toBe(true);
});

test("the command that repeats a run is one that a shell reads", async () => {
  const { data } = await makeRunReport(run);
  expect(data.commands).toEqual([expect.stringMatching(/^esta adapt '.*my runs\/x\/plan\.json' --run-dir /)]);
});

test.each([0, -1, 1.5, Number.NaN])("%d classes of a prediction are refused", async (top) => {
  await expect(predict(run, { images: ["x.png"] }, { top })).rejects.toMatchObject({
    ...{ code: "usage", exitCode: 2, message: expect.stringContaining(`is ${top}; allowed`) },
  });
});
