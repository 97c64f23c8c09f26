/** The latencies of a run that can be compared: those of one setting, the newest of each stitch. */
import type { LatencySetting } from "../analysis/latency.js";
import type { Latency } from "../engine/run-files.js";
import type { Run } from "./open-run.js";

export interface Latencies {
  readonly setting: LatencySetting;
  /** Stitch -> median of one forward pass of a batch. */
  readonly median_ms: ReadonlyMap<number, number>;
  readonly lines: readonly Latency[];
}

/** What two latencies must share to be compared. */
const SETTING = [
  "device",
  "device_name",
  "threads",
  "batch_size",
  "tokens",
] as const satisfies (keyof LatencySetting)[];

/** Those of the last measured setting, with `batchSize` where it is given; undefined where there are none. */
export function latenciesOf(run: Pick<Run, "latencies">, batchSize?: number): Latencies | undefined {
  const last = run.latencies.findLast(
    ({ batch_size }) => batchSize === undefined || batch_size === batchSize,
  );
  return last === undefined ? undefined : latenciesIn(run, last);
}

/** The newest of each stitch that were measured in `setting`; undefined where there are none. */
export function latenciesIn(run: Pick<Run, "latencies">, setting: LatencySetting): Latencies | undefined {
  const newest = new Map<number, Latency>();
  for (const line of run.latencies) {
    if (SETTING.every((key) => line[key] === setting[key])) newest.set(line.stitch, line);
  }
  if (newest.size === 0) return undefined;
  const { device, device_name, threads, batch_size, tokens } = setting;
  return {
    setting: { device, device_name, threads, batch_size, tokens },
    median_ms: new Map([...newest].map(([stitch, { median_ms }]) => [stitch, median_ms])),
    lines: [...newest.values()].sort((a, b) => a.stitch - b.stitch),
  };
}
