/** Compares finished runs on one task: those that differ in nothing but their seeds form an arm. */
import type { ComparedArm } from "../analysis/comparison/data.js";
import { type ArmComparison, makeComparison } from "../analysis/comparison.js";
import { methodLabel } from "../analysis/report/points.js";
import type { Split } from "../engine/run-files.js";
import { EstaError } from "../errors.js";
import { repeatCommand, shownPath } from "./command-words.js";
import { commonGround, comparedRun, environmentNotes } from "./compared-run.js";
import type { Run } from "./open-run.js";

export interface CompareOptions {
  /** Arm that the others are compared with; that of the first run unless given. */
  reference?: string;
  /** Test unless given. */
  split?: Split;
}

/**
 * Sets the runs side by side; those that differ in their seeds only form an arm.
 *
 * @throws EstaError("usage") for runs that are not finished or do not have one task.
 */
export async function compareRuns(
  runs: readonly Run[],
  options: CompareOptions = {},
): Promise<ArmComparison> {
  const split = options.split ?? "test";
  const groups = groupRuns(runs);
  const common = commonGround(runs, split);
  const arms: ComparedArm[] = [];
  for (const { name, settings, runs: own } of nameGroups(groups)) {
    const method = (own[0] as Run).plan.config.method.name;
    const compared = await Promise.all(own.map((run) => comparedRun(run, split)));
    arms.push({
      ...{ name, method, settings, same_time_as: null },
      runs: compared.sort((a, b) => a.seed - b.seed),
    });
  }
  return makeComparison({
    schema_version: 1,
    title: `Comparison on ${common.task.data}`,
    ...common,
    split,
    reference: options.reference ?? (arms[0] as ComparedArm).name,
    arms,
    ...{ step_times: null, quick: false, sweep: null },
    commands: runs.map(({ folder }) => repeatCommand(folder)),
    notes: environmentNotes(runs),
  });
}

interface Group {
  readonly config: ReadonlyMap<string, unknown>;
  readonly runs: Run[];
}

/** By configuration without what changes no result (seeds, `run`, scores recorded besides), in order of appearance. */
function groupRuns(runs: readonly Run[]): Group[] {
  const groups = new Map<string, Group>();
  for (const run of runs) {
    const { run: _run, training, ...rest } = run.plan.config;
    const { seeds: _seeds, ...schedule } = training;
    const config = flatten({ ...rest, training: schedule });
    config.delete("method.importance.also");
    const key = JSON.stringify([...config].sort(([a], [b]) => (a < b ? -1 : 1)));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { config, runs: [run] });
    else group.runs.push(run);
  }
  for (const { runs: own } of groups.values()) refuseTwins(own);
  return [...groups.values()];
}

function refuseTwins(runs: readonly Run[]): void {
  const seen = new Map<number, Run>();
  for (const run of runs) {
    const seed = run.plan.config.training.seeds.data;
    const twin = seen.get(seed);
    if (twin !== undefined) {
      throw new EstaError(
        "usage",
        `${shownPath(twin.folder)} and ${shownPath(run.folder)} have one configuration and seed`,
        {
          hint: "Leave one of them out; runs are paired by seed.",
        },
      );
    }
    seen.set(seed, run);
  }
}

/** Named by method where that tells them apart, else also by what differs among those of one method. */
function nameGroups(
  groups: readonly Group[],
): { name: string; settings: Record<string, unknown>; runs: Run[] }[] {
  const methodOf = ({ config }: Group) => String(config.get("method.name"));
  return groups.map((group) => {
    const peers = groups.filter((other) => methodOf(other) === methodOf(group));
    const keys = [...new Set(peers.flatMap(({ config }) => [...config.keys()]))].filter(
      (key) => new Set(peers.map(({ config }) => JSON.stringify(config.get(key)))).size > 1,
    );
    const settings = Object.fromEntries(keys.map((key) => [key, group.config.get(key) ?? null]));
    const values = keys.map((key) => `${key.split(".").at(-1)}=${plain(group.config.get(key))}`);
    return {
      name: [methodLabel(methodOf(group)), ...values].join(" "),
      settings: groups.length === peers.length ? settings : { "method.name": methodOf(group), ...settings },
      runs: group.runs,
    };
  });
}

const plain = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value ?? null));

/** Path -> value; lists are values. */
function flatten(value: object, prefix = ""): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (typeof item === "object" && item !== null && !Array.isArray(item)) {
      for (const [inner, leaf] of flatten(item, path)) flat.set(inner, leaf);
    } else flat.set(path, item);
  }
  return flat;
}
