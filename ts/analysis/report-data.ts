/**
 * What a report is made from: plain data, as a run folder gives it, with the names of the JSON files. The report
 * derives the rest (frontier, hypervolume, moving averages), so that nothing has to be computed to fill this.
 */
import type { LatencySetting } from "./latency.js";

/** Blocks start to end (exclusive) of one anchor, as in the plan. */
export interface RouteSegment {
  readonly anchor: number;
  readonly start: number;
  readonly end: number;
}

/** split -> metric -> value; null where it was not finite. */
export type SplitMetrics = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** One stitch of the plan with all that the run found out about it. */
export interface ReportStitch {
  readonly id: number;
  readonly name: string;
  readonly route: readonly RouteSegment[];
  readonly is_anchor: boolean;
  readonly macs: number;
  readonly params: number;
  /** Estimate for running the merged network on one sequence. */
  readonly memory_bytes: number;
  /** Median of the run's last setting; null where it was not measured. */
  readonly latency_ms: number | null;
  readonly interval: number;
  /** Whether it was chosen for the palette (whole anchors always are). */
  readonly in_palette: boolean;
  /** Null where it was never drawn, or where the method has no scores. */
  readonly score: number | null;
  /** Null where the method does not draw stitches. */
  readonly draws: number | null;
  /** Empty where it was not evaluated. */
  readonly metrics: SplitMetrics;
}

/** What training took, in all; null where it is not known. */
export interface TrainingCost {
  readonly steps: number | null;
  readonly seconds: number | null;
  readonly trainable_params: number | null;
  /** Parameters, gradients and optimizer state of what is trained. */
  readonly trainable_bytes: number | null;
  /** Estimate of the whole: weights, trained state, activations. */
  readonly training_bytes: number | null;
}

/** Another run on the same task to compare with, such as LoRA on each anchor alone. */
export interface ReportBaseline {
  readonly name: string;
  readonly method: string;
  readonly stitches: readonly ReportStitch[];
  readonly cost: TrainingCost;
}

/** One training step, as the `step` event has it. */
export interface ReportStep {
  readonly step: number;
  readonly stitches: readonly number[];
  readonly loss: number | null;
  /** Score of each drawn stitch in this step. */
  readonly scores: readonly (number | null)[];
}

export interface SampleHead {
  readonly stitch: number;
  readonly split: string;
  /** Position in the split: lines of one example belong together. */
  readonly example: number;
  readonly expected: string;
}

/** What one network says to one held-out example: a class of an image or a text, or an answer. */
export type ReportSample =
  | (SampleHead & {
      readonly kind: "classification";
      /** A small PNG as a data URI. */
      readonly image?: string | undefined;
      readonly text?: string | undefined;
      readonly text_pair?: string | undefined;
      readonly predicted: string;
      readonly probability: number | null;
    })
  | (SampleHead & {
      readonly kind: "answer";
      readonly prompt: readonly { readonly role: string; readonly content: string }[];
      /** Null where the network's numbers were not finite. */
      readonly answer: string | null;
      /** Whether it would have gone on. */
      readonly cut: boolean;
    });

export interface ReportInterval {
  readonly id: number;
  readonly low: number;
  readonly high: number;
}

export interface ReportData {
  readonly schema_version: 1;
  readonly title: string;
  readonly run_id: string | null;
  /** ISO 8601. */
  readonly created: string | null;
  readonly family: {
    readonly name: string;
    readonly kind: string;
    readonly anchors: readonly {
      readonly name: string;
      readonly width: number;
      readonly depth: number;
      readonly heads?: number;
      readonly macs: number;
      readonly params: number;
    }[];
  };
  readonly task: {
    readonly type: string;
    /** Name of the data set or its path as configured. */
    readonly data: string;
    readonly metric: string;
    readonly classes: number | null;
    /** What guessing gives on the metric, where that is known. */
    readonly guess: number | null;
    /** Number of examples of each split, where known. */
    readonly examples: Readonly<Record<string, number>>;
  };
  readonly method: { readonly name: string; readonly score: string | null };
  /** Setting of the latencies, of this run and of the baselines; null where none was measured. */
  readonly latency: LatencySetting | null;
  /** Field of the cost along which the palette was chosen, and its intervals. */
  readonly deployment: { readonly axis: string; readonly intervals: readonly ReportInterval[] };
  readonly stitches: readonly ReportStitch[];
  readonly cost: TrainingCost;
  readonly baselines: readonly ReportBaseline[];
  /** Training steps in order; empty where they are not known. */
  readonly steps: readonly ReportStep[];
  /** What the palette's networks say to a few held-out examples; empty where nothing was noted. */
  readonly samples: readonly ReportSample[];
  /** Momentum of the moving average of scores; null where the method has none. */
  readonly score_momentum: number | null;
  /** Split that the frontier and the table put first; `test` is only reported, never chosen on. */
  readonly split: string;
  /** Resolved configuration, written as YAML in the page. */
  readonly config: unknown;
  readonly environment: {
    readonly python?: string;
    readonly platform?: string;
    readonly device?: string;
    readonly device_name?: string;
    readonly threads?: number;
    readonly packages?: Readonly<Record<string, string>>;
    readonly git?: { readonly commit: string; readonly dirty: boolean } | null;
    readonly seeds?: Readonly<Record<string, number>>;
  } | null;
  /** Commands that repeat the run, in order. */
  readonly commands: readonly string[];
  /** Warnings of the run and whatever a reader should know besides the standing notes. */
  readonly notes: readonly string[];
}
