/** Everything a user of the SDK can do; `ts/index.ts` and the command line take it from here. */

export type { Chart, ImageOptions, TextOptions } from "../analysis/charts/chart.js";
export type { ArmComparison } from "../analysis/comparison.js";
export { DISPLAY, type Displayable, type MediaBundle } from "../analysis/display.js";
export type { Report } from "../analysis/report.js";
export { Table } from "../analysis/table-view.js";
export { configJsonSchema } from "../config/json-schema.js";
export { parseConfig, type ReadConfigOptions, readConfig } from "../config/read.js";
export type { Config, ConfigInput } from "../config/schema/index.js";
export type { EngineEvent } from "../engine/events.js";
export type { Environment, Evaluation, Latency, Palette, Split } from "../engine/run-files.js";
export { type ErrorCode, EstaError, EXIT_CODES } from "../errors.js";
export { listFamilies, readFamily } from "../planning/catalog.js";
export { makePlan } from "../planning/plan.js";
export { readPlan, writePlan } from "../planning/plan-file.js";
export { planJsonSchema } from "../planning/plan-json-schema.js";
export type { Plan, PlanAnchor, Segment, Stitch } from "../planning/plan-schema.js";
export { type AdaptJob, type AdaptOptions, adapt } from "./adapt.js";
export {
  type AnswerEnd,
  type Chat,
  type ChatOptions,
  type Message,
  openChat,
  type Sampling,
} from "./chat.js";
export { type CompareOptions, compareRuns } from "./compare-runs.js";
export { type CompareSweepOptions, compareSweep } from "./compare-sweep.js";
export { type Check, doctor } from "./doctor.js";
export { type DryRun, dryRunPlan } from "./dry-run.js";
export type { EngineJob, JobOutcome } from "./engine-job.js";
export { estimateRun, type RunEstimate } from "./estimate-run.js";
export { type EvaluateOptions, evaluate } from "./evaluate.js";
export { explainStitch, type Neighbour, type RoutePart, type StitchExplained } from "./explain.js";
export { type ExportOptions, exportStitch } from "./export.js";
export { type FittingFamily, familiesForTask } from "./families-for-task.js";
export { type FetchOptions, fetchModel } from "./fetch.js";
export { type FoundData, findData, type InspectOptions, inspectData } from "./inspect-data.js";
export { type Latencies, latenciesOf } from "./latencies.js";
export { makeFamilyPlan } from "./make-family-plan.js";
export { type MeasureLatencyOptions, measureLatency } from "./measure-latency.js";
export { type MeasuredStitch, measuredStitches, metricOf } from "./measured.js";
export type * from "./named-types.js";
export { openRun, type Run } from "./open-run.js";
export { planChart } from "./plan-chart.js";
export type { PlanJobOptions } from "./plan-job.js";
export {
  type PredictInputs,
  type Prediction,
  type PredictOptions,
  predict,
  type TextInput,
} from "./predict.js";
export { type Probe, type ProbeOptions, probePlan } from "./probe.js";
export { type ProgressOptions, ProgressView, progressViews } from "./progress-view.js";
export { readPlanOrConfig } from "./read-plan-or-config.js";
export { type ReadSweepOptions, readSweep, type Sweep, type SweepArm } from "./read-sweep.js";
export { makeRunReport, type ReportOptions, resultsChart } from "./report.js";
export { type ResumeOptions, resume } from "./resume.js";
export { type RunProgress, RunTracker } from "./run-progress.js";
export {
  type CellName,
  type CellResult,
  type RunSweepOptions,
  runSweep,
  type SweepEvent,
  type SweepJob,
  type SweepResult,
} from "./run-sweep.js";
export { type Budget, type SelectedFromRun, type SelectOptions, selectFromRun } from "./select-from-run.js";
export { type SetupOptions, type SetupResult, setup } from "./setup.js";
export {
  type StarterAnswers,
  type StarterData,
  starterCommand,
  starterConfig,
  starterData,
  starterPlan,
} from "./starter-config.js";
export { starterYaml } from "./starter-yaml.js";
export type { StitchChoice, StitchSet } from "./stitch-choice.js";
export { type IntervalRow, planTable, type ResultRow, resultsTable } from "./tables.js";
export { type RunStatus, runStatus, type WatchedRun, watchRun } from "./watch-run.js";
export { writeComparison } from "./write-comparison.js";
export { writeConfig } from "./write-config.js";
export { type RefreshedReport, refreshReport, writeCharts, writeReport } from "./write-report.js";
