/**
 * What a comparison is made from: the runs of some arms (methods or settings) on one task, as plain data. The rest
 * (hypervolumes, differences, rankings) is derived, so that nothing has to be computed to fill this.
 */
import type { Measured } from "../points.js";
import type { TrainingCost } from "../report-data.js";

/** One stitch of a run; the metrics of the compared split stand beside these fields, absent where not measured. */
export interface ComparedStitch extends Measured {
  readonly interval: number;
  readonly is_anchor: boolean;
  readonly in_palette: boolean;
  /** Score's name -> value, null where the stitch was never drawn. */
  readonly scores: Readonly<Record<string, number | null>>;
}

export interface ComparedCost extends TrainingCost {
  /** Bytes of what the run stores beside the anchors. */
  readonly stored_bytes: number | null;
}

export interface ComparedRun {
  readonly seed: number;
  readonly folder: string;
  readonly plan_sha256: string;
  /** Name of the score that chose the palette. */
  readonly score: string | null;
  /** Every stitch of the plan. */
  readonly stitches: readonly ComparedStitch[];
  readonly cost: ComparedCost;
}

export interface ComparedArm {
  readonly name: string;
  readonly method: string;
  /** Path in the configuration -> value, for what makes this arm differ from the others. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Whose training time its steps were set to take, by step times measured side by side; null: as configured. */
  readonly same_time_as: string | null;
  readonly runs: readonly ComparedRun[];
}

/** Mean time of a training step of some arms, measured by turns in one go. */
export interface StepTimes {
  readonly threads: number;
  readonly device: string;
  readonly arms: readonly {
    readonly arm: string;
    readonly step_ms: number;
    /** Mean of each turn. */
    readonly rounds_ms: readonly number[];
  }[];
}

export interface ComparisonData {
  readonly schema_version: 1;
  readonly title: string;
  readonly family: string;
  readonly task: {
    readonly type: string;
    readonly data: string;
    readonly metric: string;
    readonly classes: number | null;
    /** What guessing gives on the metric, where that is known. */
    readonly guess: number | null;
    /** Examples of the compared split, where known. */
    readonly examples: number | null;
    /** Whether the seed decides which examples those are: then only runs of one seed can be compared. */
    readonly drawn_by_seed: boolean;
  };
  /** Cost axis along which the palettes were chosen. */
  readonly axis: string;
  readonly split: string;
  /** The arm that the others are compared with. */
  readonly reference: string;
  readonly arms: readonly ComparedArm[];
  readonly step_times: StepTimes | null;
  /** A shortened sweep, whose figures only show that all works. */
  readonly quick: boolean;
  /** The sweep as its file has it, or null where run folders were compared. */
  readonly sweep: unknown;
  readonly environment: {
    readonly platform: string;
    readonly device_name: string;
    readonly threads: number;
    readonly packages: Readonly<Record<string, string>>;
    readonly git: { readonly commit: string; readonly dirty: boolean } | null;
  } | null;
  /** Commands that repeat the comparison. */
  readonly commands: readonly string[];
  readonly notes: readonly string[];
}
