/**
 * Growth of the analyses and the time of the charts: `npm run build && node tests/bench/analysis.mjs`. Prints the
 * time a point at 1e5 points over that at 1e3 (n log n would give 1.7), and what drawing takes; asserts nothing.
 */
import { makePlanChart } from "../../dist/analysis/charts/plan.js";
import { makeScatterChart } from "../../dist/analysis/charts/scatter.js";
import { paretoFrontier } from "../../dist/analysis/frontier.js";
import { hypervolume } from "../../dist/analysis/hypervolume.js";
import { makeRandom } from "../../dist/analysis/random.js";
import { kendallTau } from "../../dist/analysis/ranking.js";
import { selectStitch } from "../../dist/analysis/selection.js";

const AXES = { x: { key: "macs", better: "less" }, y: { key: "accuracy", better: "more" } };
const SMALL = 1e3;
const LARGE = 1e5;

function makePoints(count) {
  const random = makeRandom(1);
  return Array.from({ length: count }, (_, id) => {
    const macs = Math.round(1e6 + 9e6 * random());
    const accuracy = 0.5 + macs / 3e7 + 0.1 * random();
    return { id, name: `stitch-${id}`, macs, params: 3 * macs, accuracy };
  });
}

/** Median milliseconds of processor time of one call: other programs on the machine disturb it less. */
async function time(run, repeats) {
  const times = [];
  for (let i = 0; i < repeats; i += 1) {
    const start = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(repeats / 2)];
}

const analyses = {
  frontier: (points) => paretoFrontier(points, AXES),
  hypervolume: (points) => hypervolume(points, { x: 1.1e7, y: 0 }, AXES),
  selection: (points) => selectStitch(points, { macs: { max: 5e6 }, params: { max: 2e7 } }, AXES.y),
  "kendall's tau": (points) =>
    kendallTau(
      points.map(({ macs }) => macs),
      points.map(({ accuracy }) => accuracy),
    ),
};
const [small, large] = [makePoints(SMALL), makePoints(LARGE)];
for (const [name, run] of Object.entries(analyses)) {
  await time(() => run(small), 200);
  const a = await time(() => run(small), 101);
  const b = await time(() => run(large), 11);
  const ratio = (b / LARGE / (a / SMALL)).toFixed(2);
  console.log(`${name}: ${a.toFixed(3)} ms at 1e3, ${b.toFixed(1)} ms at 1e5, time a point ${ratio} x`);
}

const some = makePoints(1e4);
const chart = makeScatterChart(some, { y: "accuracy", xChoices: ["params"] });
const drawings = {
  SVG: () => chart.toSVG(),
  PNG: () => chart.toPNG(),
  HTML: () => chart.toHTML(),
  text: () => chart.toString(),
};
for (const [name, draw] of Object.entries(drawings)) {
  console.log(`chart of 1e4 points as ${name}: ${(await time(draw, 3)).toFixed(0)} ms`);
}
const plan = makePlanChart({
  stitches: large.map((point) => ({ ...point, memory_bytes: 4 * point.params })),
  anchors: [],
  intervals: [],
});
console.log(`plan chart of 1e5 stitches as SVG: ${(await time(() => plan.toSVG(), 3)).toFixed(0)} ms`);
