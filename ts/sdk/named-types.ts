/** Types that the signatures of the SDK name, so that its users can name them too; tests/ts/sdk/surface.test.ts asks. */
export type { ChartParts } from "../analysis/charts/chart.js";
export type { CostKey } from "../analysis/charts/plan.js";
export type { Theme, ThemeName } from "../analysis/charts/theme.js";
export type { VegaLiteSpec, VegaSpec } from "../analysis/charts/vega.js";
export type * from "../analysis/comparison/data.js";
export type { ArmJson, ComparisonJson, RunJson } from "../analysis/comparison/json.js";
export type {
  ArmSummary,
  BudgetView,
  ComparedRunSummary,
  ComparisonSummary,
  SameStitches,
} from "../analysis/comparison/summary.js";
export type { FrontierGain, GainRange, LargestGain } from "../analysis/gain.js";
export type { LatencySetting } from "../analysis/latency.js";
export type { Measure, PairedComparison } from "../analysis/paired-comparison.js";
export type { IntervalRegret, PaletteChoice } from "../analysis/palette-choice.js";
export type { IntervalRanking, Ranking } from "../analysis/ranking.js";
export type { StitchRow } from "../analysis/report/points.js";
export type { ReportSummary, RunSummary } from "../analysis/report/summary.js";
export type { DerivedJson, GainJson } from "../analysis/report.js";
export type * from "../analysis/report-data.js";
export type { Column } from "../analysis/table.js";
export type { JsonSchema } from "../config/json-schema.js";
export type { ParseConfigOptions } from "../config/read.js";
export type { CostAxis, PlannedAxis } from "../config/schema/deployment.js";
export type { FamilyKind } from "../config/schema/family.js";
export type { BuiltInData, DataFormat, TaskConfig, TaskType } from "../config/schema/task.js";
export type { ChatReady } from "../engine/chat.js";
export type { Phase } from "../engine/events.js";
export type { InterpreterOptions } from "../engine/interpreter.js";
export type { FinishedEvent, StoppedEvent } from "../engine/job.js";
export type { Sample } from "../engine/run-files.js";
export type { EstaErrorOptions } from "../errors.js";
export type { CatalogFamily } from "../planning/catalog.js";
export type { Interval } from "../planning/plan-schema.js";
export type { DoctorOptions } from "./doctor.js";
export type { EngineOptions } from "./engine-job.js";
export type { Exported } from "./export.js";
export type { Fetched } from "./fetch.js";
export type { ClassCount, DataColumns, OddFile, SkippedData, TextLengths } from "./inspect/found-data.js";
export type { MeasuredOptions } from "./measured.js";
export type { BestStitch } from "./run-progress.js";
export type { StarterInput, TaskInput } from "./starter-config.js";
export type { ResultsTableOptions } from "./tables.js";
