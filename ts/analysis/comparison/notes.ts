/** What a reader must know to judge a comparison: bounds, pairing, how times were made equal, what chose. */
import { fieldOf, formatField } from "../fields.js";
import type { ComparisonData } from "./data.js";
import type { ComparisonSummary } from "./summary.js";

export function makeComparisonNotes(data: ComparisonData, summary: ComparisonSummary): string[] {
  return [
    ...(data.quick ? ["A quick, shortened sweep: it shows that all works; its figures mean nothing."] : []),
    referenceNote(data, summary),
    ...pairingNotes(data, summary),
    ...timeNotes(data, summary),
    ...choiceNotes(data, summary),
    ...data.notes,
  ];
}

function referenceNote({ axis }: ComparisonData, { metric, reference, ideal }: ComparisonSummary): string {
  const at = `${formatField(axis, reference.x)} ${fieldOf(axis).label} and ${formatField(metric, reference.y)}`;
  const scale =
    ideal === null
      ? ""
      : `, as a share of the rectangle from there to no cost and ${formatField(metric, ideal.y)}`;
  return (
    `Hypervolumes are those of the palettes, with the reference point at ${at} ` +
    `${fieldOf(metric).label.toLowerCase()}${scale}; the same for all runs.`
  );
}

function pairingNotes({ task, split }: ComparisonData, { arms }: ComparisonSummary): string[] {
  const paired = arms.flatMap((arm) => (arm.paired === null ? [] : [arm.paired]));
  const least = Math.min(...paired.map(({ seeds }) => seeds.length));
  const alone = arms.filter(({ view, paired: own }) => view !== "reference" && own === null);
  const notes = alone.map(
    ({ arm }) =>
      `${arm.name} has no seed in common with the reference, so no difference.` +
      (task.drawn_by_seed ? ` The seed draws the ${split} part: their figures are of other examples.` : ""),
  );
  if (paired.length === 0) return notes;
  if (least < 2) {
    return [
      ...notes,
      "One run a side says nothing of the spread, so there are no intervals; give more seeds.",
    ];
  }
  const few = least < 5 ? " With fewer than five pairs they are too narrow." : "";
  return [
    ...notes,
    "Differences are means over the seeds that both sides have, arm minus reference; intervals are bootstrap " +
      `percentiles over the pairs (10,000 resamples).${few}`,
  ];
}

function timeNotes({ step_times }: ComparisonData, { arms }: ComparisonSummary): string[] {
  const targets = [...new Set(arms.flatMap(({ arm }) => arm.same_time_as ?? []))];
  const notes = [
    "Training time is the sum of the steps' own times: without loading, initialisation and evaluation. Runs that " +
      "shared the machine with others took longer than they would alone.",
  ];
  if (step_times === null) return notes;
  return [
    ...notes,
    ...targets.map((target) => {
      const timed = arms.filter(({ arm }) => arm.same_time_as === target).map(({ arm }) => arm.name);
      return (
        `${timed.join(", ")}: as many steps as take the training time of ${target}, by step times measured by turns ` +
        "in one go, one run at a time; schedules are as long as the steps."
      );
    }),
  ];
}

function choiceNotes({ split }: ComparisonData, { arms }: ComparisonSummary): string[] {
  if (!arms.some(({ runs }) => runs.some(({ choice }) => choice !== null))) return [];
  return [
    `Regret: by how much the best metric of a cost interval on the ${split} split beats that of the palette. The best palette ` +
      "of a size maximises the hypervolume on the same measurements that judge it, so it is better than any choice " +
      "could hope for. Kendall's tau (b) and the regret of a score leave out whole anchors, which are always kept.",
  ];
}
