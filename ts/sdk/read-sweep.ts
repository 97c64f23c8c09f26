/** Reads a sweep file and spreads it out into arms, ready to be planned and run. */
import { resolve } from "node:path";
import { readSweepFile, sweepName } from "../config/read-sweep.js";
import type { SweepArmConfig } from "../config/schema/sweep.js";
import { EstaError } from "../errors.js";
import type { StitchSet } from "./stitch-choice.js";

export interface ReadSweepOptions {
  /** One seed and few steps, as the file's `quick` says. */
  quick?: boolean;
  /** Overrides of every arm, in the form `path=value`; an arm's own come after them. */
  set?: readonly string[];
  /** Folder of the runs, instead of the file's. */
  folder?: string;
  /** Only these arms; all unless given. */
  arms?: readonly string[];
  /** Arm that the others are compared with; the file's unless given. */
  reference?: string | undefined;
}

export interface SweepArm {
  readonly name: string;
  readonly method: string | undefined;
  /** Overrides as `path=value`, in order. */
  readonly set: readonly string[];
  /** What the file says that makes it differ from the others. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly same_time_as: string | null;
}

export interface Sweep {
  readonly file: string;
  readonly name: string;
  readonly title: string;
  /** Folder of the runs, absolute. */
  readonly folder: string;
  readonly base: { readonly text: string; readonly source: string; readonly folder: string };
  readonly arms: readonly SweepArm[];
  /**
   * Arms whose step times are measured together: those that take another's time, and those others. Whichever arms are
   * chosen, so that a sweep that is run in pieces has one measurement.
   */
  readonly timed: readonly SweepArm[];
  readonly seeds: readonly number[];
  readonly evaluate: StitchSet;
  readonly reference: string;
  readonly quick: boolean;
  readonly divide_steps_by: number;
  /** The file as it was written. */
  readonly written: unknown;
  /** Flags of `esta compare` that stand for the options it was read with. */
  readonly flags: readonly string[];
}

/**
 * Reads and checks a sweep file.
 *
 * @throws EstaError("configuration") for its mistakes, EstaError("usage") for an arm or a reference that it has not.
 */
export function readSweep(file: string, options: ReadSweepOptions = {}): Sweep {
  const read = readSweepFile(file);
  const quick = options.quick ?? false;
  const common = [...(options.set ?? []), ...(quick ? asFlags(read.quick.set) : [])];
  const all = Object.entries(read.arms).flatMap(([name, arm]) =>
    gridPoints(read.grid).map((point) => makeArm(name, arm, point, common)),
  );
  const arms = chooseArms(all, wantedArms(options, read.quick.arms));
  const name = sweepName(file);
  const reference = referenceOf(read.reference, all, arms, options);
  return {
    file: read.file,
    name,
    title: read.title ?? name,
    folder: resolve(options.folder ?? read.folder ?? `runs/${name}`),
    base: read.base,
    arms,
    timed: timedArms(all, chooseArms(all, wantedArms({ quick }, read.quick.arms)), arms),
    seeds: quick ? (read.quick.seeds ?? read.seeds.slice(0, 1)) : read.seeds,
    evaluate: read.evaluate,
    reference,
    quick,
    divide_steps_by: quick ? read.quick.divide_steps_by : 1,
    written: read.written,
    flags: [
      ...(quick ? ["--quick"] : []),
      ...(options.folder === undefined ? [] : ["--run-dir", options.folder]),
      ...(options.arms ?? []).flatMap((arm) => ["--arm", arm]),
      ...(options.set ?? []).flatMap((set) => ["--set", set]),
    ],
  };
}

/** The file's own may be left out by a choice of arms, for the first of them. */
function referenceOf(
  own: string | undefined,
  all: readonly SweepArm[],
  arms: readonly SweepArm[],
  { reference }: ReadSweepOptions,
): string {
  const has = (list: readonly SweepArm[], name: string) => list.some((arm) => arm.name === name);
  const names = (list: readonly SweepArm[]) => list.map(({ name }) => name).join(", ");
  if (reference !== undefined && !has(arms, reference)) {
    throw new EstaError("usage", `--reference got "${reference}"; allowed: ${names(arms)}`);
  }
  // With a grid arms are named after its values too.
  if (own !== undefined && !has(all, own)) {
    throw new EstaError("configuration", `reference: got "${own}"; allowed: ${names(all)}`);
  }
  const wanted = reference ?? own ?? "";
  return has(arms, wanted) ? wanted : (arms[0] as SweepArm).name;
}

function makeArm(name: string, arm: SweepArmConfig, point: GridPoint, common: readonly string[]): SweepArm {
  const values = point.map(([path, value]) => `${path.split(".").at(-1)}=${plain(value)}`);
  const settings = { ...arm.set, ...Object.fromEntries(point) };
  return {
    name: [...(name === "base" && values.length > 0 ? [] : [name]), ...values].join(" "),
    method: arm.method,
    set: [...common, ...asFlags(settings)],
    settings: { ...(arm.method === undefined ? {} : { "method.name": arm.method }), ...settings },
    same_time_as: arm.same_time_as ?? null,
  };
}

type GridPoint = readonly (readonly [string, unknown])[];

/** Every combination of the grid's values; one empty one where there is no grid. */
function gridPoints(grid: Readonly<Record<string, readonly unknown[]>>): GridPoint[] {
  let points: GridPoint[] = [[]];
  for (const [path, values] of Object.entries(grid)) {
    points = points.flatMap((point) => values.map((value) => [...point, [path, value] as const]));
  }
  return points;
}

/** Those that were asked for; else with `quick` the file's own few. */
function wantedArms(
  { arms = [], quick }: ReadSweepOptions,
  few: readonly string[] | undefined,
): readonly string[] {
  return arms.length === 0 && quick === true ? (few ?? []) : arms;
}

function chooseArms(all: readonly SweepArm[], wanted: readonly string[]): readonly SweepArm[] {
  if (wanted.length === 0) return all;
  const unknown = wanted.filter((name) => !all.some((arm) => arm.name === name));
  if (unknown.length > 0) {
    const names = all.map(({ name }) => name).join(", ");
    throw new EstaError("usage", `no arm ${unknown.join(", ")} in the sweep; allowed: ${names}`);
  }
  // The arm whose time another takes has to be measured beside it.
  const needed = all.flatMap((arm) => (wanted.includes(arm.name) ? [arm.name, arm.same_time_as] : []));
  return all.filter(({ name }) => needed.includes(name));
}

/** None where none of the chosen arms needs a time. */
function timedArms(
  all: readonly SweepArm[],
  usual: readonly SweepArm[],
  chosen: readonly SweepArm[],
): SweepArm[] {
  if (chosen.every((arm) => arm.same_time_as === null)) return [];
  const names = new Set(
    [...usual, ...chosen].flatMap(({ name, same_time_as: other }) => (other === null ? [] : [name, other])),
  );
  return all.filter(({ name }) => names.has(name));
}

const asFlags = (set: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(set).map(([path, value]) => `${path}=${JSON.stringify(value)}`);

const plain = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
