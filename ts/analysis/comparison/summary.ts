/** What a comparison derives from its data: bounds for all, measures of each run, paired differences of each arm. */
import { isAloneName } from "../../config/schema/method.js";
import { EstaError } from "../../errors.js";
import type { BootstrapOptions } from "../bootstrap.js";
import { makeBounds } from "../bounds.js";
import { fieldOf } from "../fields.js";
import { paretoFrontier } from "../frontier.js";
import { hypervolume, type Place } from "../hypervolume.js";
import { comparePaired, type PairedComparison } from "../paired-comparison.js";
import { judgePalette, type PaletteChoice } from "../palette-choice.js";
import { type Axes, fieldValue, measuredOn } from "../points.js";
import { type Ranking, rankScores } from "../ranking.js";
import type { ComparedArm, ComparedRun, ComparedStitch, ComparisonData } from "./data.js";

export interface ComparedRunSummary {
  readonly seed: number;
  /** Of the palette; scaled to 1 where an ideal is known. */
  readonly hypervolume: number;
  /** Of all stitches; null unless all were measured. */
  readonly hypervolume_all: number | null;
  /** Best metric of the palette. */
  readonly best: number;
  readonly palette: readonly ComparedStitch[];
  /** Null unless every stitch was measured, and some are left out. */
  readonly choice: PaletteChoice | null;
  /** How each score ranks the stitches that are not whole anchors (those are always kept). */
  readonly rankings: readonly { readonly score: string; readonly ranking: Ranking }[];
}

/** `steps`: as many steps in all as the reference; `time`: as much training time; `other`: neither. */
export type BudgetView = "reference" | "steps" | "time" | "other";

/** The reference beside an arm that tuned some of the same stitches one by one. */
export interface SameStitches {
  /** Stitches that the arm tuned. */
  readonly stitches: number;
  /** One a common seed: hypervolume of the reference's over the arm's, on these stitches alone. */
  readonly shares: readonly number[];
  /** Steps of the reference over those that tuning each of its stitches for as long would take. */
  readonly steps_share: number | null;
}

export interface ArmSummary {
  readonly arm: ComparedArm;
  readonly runs: readonly ComparedRunSummary[];
  readonly view: BudgetView;
  /** With the reference arm as first side; null for itself, and where no seed is on both sides. */
  readonly paired: PairedComparison | null;
  /** Null unless it tuned stitches one by one that are no whole anchors, and the reference measured all of its own. */
  readonly same_stitches: SameStitches | null;
}

export interface ComparisonSummary {
  readonly metric: string;
  readonly axes: Axes<ComparedStitch>;
  readonly reference: Place;
  readonly ideal: Place | null;
  readonly arms: readonly ArmSummary[];
}

/** Within this much, budgets are called equal: steps are whole numbers, and times never quite the same. */
const EQUAL = 0.05;

/** @throws EstaError("usage") for a comparison without runs, or a run of which nothing was measured. */
export function summariseComparison(
  data: ComparisonData,
  bootstrap: BootstrapOptions = {},
): ComparisonSummary {
  const metric = metricField(data);
  const axes: Axes<ComparedStitch> = {
    x: { key: data.axis, better: fieldOf(data.axis).better },
    y: { key: metric, better: fieldOf(metric).better },
  };
  const palettes = new Map(
    data.arms.flatMap(({ runs }) => runs).map((run) => [run, measuredPalette(run, axes, data.split)]),
  );
  const all = [...palettes.keys()].flatMap(({ stitches }) => measuredOn(stitches, [axes.x.key, metric]));
  if (all.length === 0) throw new EstaError("usage", "there are no finished runs to compare");
  const bounds = makeBounds(all, axes, data.task.guess);
  const seeded = (arm: ComparedArm) =>
    arm.runs.map((run) => ({ seed: run.seed, points: palettes.get(run) as ComparedStitch[] }));
  const first = referenceArm(data);
  const compare = (arm: ComparedArm): PairedComparison | null => {
    if (arm === first || !canPair(first, arm, data.task.drawn_by_seed)) return null;
    return comparePaired(seeded(first), seeded(arm), { ...bootstrap, axes, ...bounds });
  };
  return {
    ...{ metric, axes },
    ...bounds,
    arms: data.arms.map((arm) => ({
      arm,
      runs: arm.runs.map((run) => summariseRun(run, palettes.get(run) as ComparedStitch[], axes, bounds)),
      view: viewOf(arm, first),
      paired: compare(arm),
      same_stitches: arm === first ? null : compareSame(first, arm, axes, bounds.reference),
    })),
  };
}

export function referenceArm({ arms, reference }: ComparisonData): ComparedArm {
  const arm = arms.find(({ name }) => name === reference);
  if (arm !== undefined) return arm;
  const names = arms.map(({ name }) => name).join(", ") || "none";
  throw new EstaError("usage", `no arm "${reference}" to compare with; allowed: ${names}`, {
    hint: "Name an arm of which a run has finished.",
  });
}

/** Mean over an arm's runs; null where a run has no value. */
export function meanOf<Item>(items: readonly Item[], value: (item: Item) => number | null): number | null {
  const values = items.map(value);
  if (values.length === 0 || values.includes(null)) return null;
  return (values as number[]).reduce((sum, one) => sum + one, 0) / values.length;
}

function metricField({ task, arms }: ComparisonData): string {
  const wanted = task.metric.replaceAll("-", "_");
  const keys = new Set(
    arms.flatMap(({ runs }) => runs.flatMap(({ stitches }) => stitches.flatMap(Object.keys))),
  );
  return [...keys].find((key) => key.replaceAll("-", "_") === wanted) ?? task.metric;
}

function measuredPalette(run: ComparedRun, axes: Axes<ComparedStitch>, split: string): ComparedStitch[] {
  const kept = run.stitches.filter(({ in_palette }) => in_palette);
  const measured = measuredOn(kept, [axes.x.key, axes.y.key]);
  if (measured.length > 0) return measured;
  throw new EstaError("usage", `the run in ${run.folder} has no ${axes.y.key} on the ${split} split`, {
    hint: `Measure it with \`esta evaluate ${run.folder} --split ${split}\`, or compare on another split.`,
  });
}

function summariseRun(
  { seed, stitches }: ComparedRun,
  palette: readonly ComparedStitch[],
  axes: Axes<ComparedStitch>,
  { reference, ideal }: { reference: Place; ideal: Place | null },
): ComparedRunSummary {
  const area = (points: readonly ComparedStitch[]) => {
    const { value, scaled } = hypervolume(points, reference, axes, ideal);
    return scaled ?? value;
  };
  const isWhole = measuredOn(stitches, [axes.x.key, axes.y.key]).length === stitches.length;
  const best = paretoFrontier(palette, axes).at(-1) as ComparedStitch;
  return {
    seed,
    hypervolume: area(palette),
    hypervolume_all: isWhole ? area(stitches) : null,
    best: fieldValue(best, axes.y.key),
    palette,
    choice: isWhole && palette.length < stitches.length ? judgePalette(stitches, reference, axes) : null,
    rankings: isWhole ? rankAll(stitches, axes) : [],
  };
}

/** Each score over the stitches that it has a value for. */
function rankAll(stitches: readonly ComparedStitch[], { y }: Axes<ComparedStitch>) {
  const free = stitches.filter(({ is_anchor }) => !is_anchor);
  const names = new Set(free.flatMap(({ scores }) => Object.keys(scores)));
  return [...names].map((score) => {
    const scored = free.flatMap((stitch) => {
      const value = stitch.scores[score];
      return typeof value === "number" ? [{ ...stitch, ranked_by: value }] : [];
    });
    const fields = { score: "ranked_by", metric: y.key, better: y.better } as const;
    return { score, ranking: rankScores<ComparedStitch & { ranked_by: number }>(scored, fields) };
  });
}

function compareSame(
  reference: ComparedArm,
  arm: ComparedArm,
  axes: Axes<ComparedStitch>,
  at: Place,
): SameStitches | null {
  const tuned = (arm.runs[0]?.stitches ?? []).filter(({ in_palette }) => in_palette);
  if (!isAloneName(arm.method) || tuned.every(({ is_anchor }) => is_anchor)) return null;
  const names = new Set(tuned.map(({ name }) => name));
  const shares = reference.runs.flatMap((run) => {
    const other = arm.runs.find(({ seed }) => seed === run.seed);
    const own = measuredOn(run.stitches, [axes.x.key, axes.y.key]).filter(({ name }) => names.has(name));
    if (other === undefined || own.length < names.size) return [];
    const alone = other.stitches.filter(({ in_palette }) => in_palette);
    return [hypervolume(own, at, axes).value / hypervolume(alone, at, axes).value];
  });
  if (shares.length === 0) return null;
  const [steps, theirs] = [reference, arm].map(({ runs }) => meanOf(runs, ({ cost }) => cost.steps));
  const whole = reference.runs[0]?.stitches.length ?? 0;
  const steps_share = steps == null || theirs == null ? null : steps / ((theirs / tuned.length) * whole);
  return { stitches: tuned.length, shares, steps_share };
}

/** By a common seed; one run a side also without, where both were measured on the same examples all the same. */
function canPair(a: ComparedArm, b: ComparedArm, drawnBySeed: boolean): boolean {
  const seeds = new Set(a.runs.map(({ seed }) => seed));
  const areSingle = a.runs.length === 1 && b.runs.length === 1;
  return (areSingle && !drawnBySeed) || b.runs.some(({ seed }) => seeds.has(seed));
}

function viewOf(arm: ComparedArm, reference: ComparedArm): BudgetView {
  if (arm === reference) return "reference";
  if (arm.same_time_as === reference.name) return "time";
  const isSame = (key: "steps" | "seconds") => {
    const [own, other] = [arm, reference].map((one) => meanOf(one.runs, ({ cost }) => cost[key]));
    return own != null && other != null && Math.abs(own / other - 1) <= EQUAL;
  };
  return isSame("steps") ? "steps" : isSame("seconds") ? "time" : "other";
}
