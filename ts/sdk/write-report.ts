/** Writes the report of a run, and its charts, as files; writes it anew once more was measured. */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { extname, join, relative, resolve } from "node:path";
import { z } from "zod";
import type { Report } from "../analysis/report.js";
import { EstaError } from "../errors.js";
import { shownPath } from "./command-words.js";
import { openRun, type Run } from "./open-run.js";
import { replaceFile } from "./replace-file.js";
import { checkBaselines, makeRunReport, type ReportOptions } from "./report.js";

const FORMS: Record<string, (report: Report) => string | Promise<string>> = {
  ".html": (report) => report.toHTML(),
  ".md": (report) => report.toMarkdown(),
  ".json": (report) => JSON.stringify(report.toJSON(), null, 2),
};

/** `beside.json`: the runs that `report.html` was written beside, relative to the run's folder. */
const besideSchema = z.object({ schema_version: z.literal(1), runs: z.array(z.string()) });

/**
 * Writes each chart of the report into `folder`, as SVG and PNG; gives the paths.
 *
 * @throws EstaError("environment") where the optional package that draws PNG is missing.
 */
export async function writeCharts(run: Run, folder: string, options: ReportOptions = {}): Promise<string[]> {
  const report = await makeRunReport(run, options);
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [name, chart] of Object.entries(report.namedCharts())) {
    const files = { svg: await chart.toSVG(), png: await chart.toPNG() };
    for (const [ending, content] of Object.entries(files)) {
      const file = join(folder, `${name}.${ending}`);
      await writeFile(file, content);
      written.push(file);
    }
  }
  return written;
}

/**
 * Writes the report to `out`, whose ending says its form and whose folder is made, or to `report.html` in the run,
 * whose baselines are then remembered; gives the path.
 *
 * @throws EstaError("usage") for another ending, and for baselines that `makeRunReport` refuses.
 */
export async function writeReport(run: Run, options: ReportOptions & { out?: string } = {}): Promise<string> {
  const { out, ...content } = options;
  const file = await writeForm(run, out ?? ownReport(run), content);
  if (out === undefined) await remember(run, options.baselines ?? []);
  return file;
}

export interface RefreshedReport {
  readonly file: string;
  /** Why a run that stood beside it no longer does, one line each. */
  readonly left_out: readonly string[];
}

/** Writes `report.html` anew, beside the runs that it was last written beside, as far as they are still there. */
export async function refreshReport(run: Run): Promise<RefreshedReport> {
  const baselines: Run[] = [];
  const left_out: string[] = [];
  for (const folder of remembered(run)) {
    try {
      const other = await openRun(folder);
      checkBaselines(run, [other], {});
      baselines.push(other);
    } catch (error) {
      if (!(error instanceof EstaError)) throw error;
      left_out.push(`${shownPath(folder)}: ${error.message}`);
    }
  }
  return { file: await writeForm(run, ownReport(run), { baselines }), left_out };
}

const ownReport = ({ folder }: Run): string => join(folder, "report.html");
const besideFile = ({ folder }: Run): string => join(folder, "beside.json");

async function writeForm(run: Run, file: string, options: ReportOptions): Promise<string> {
  const form = FORMS[extname(file)];
  if (form === undefined) {
    throw new EstaError(
      "usage",
      `the report's file is ${file}; allowed endings: ${Object.keys(FORMS).join(", ")}`,
    );
  }
  const text = await form(await makeRunReport(run, options));
  await replaceFile(file, text);
  return file;
}

async function remember(run: Run, baselines: readonly Run[]): Promise<void> {
  const file = besideFile(run);
  if (baselines.length === 0) return rm(file, { force: true });
  const runs = baselines.map(({ folder }) => relative(run.folder, folder));
  await replaceFile(file, `${JSON.stringify({ schema_version: 1, runs }, null, 2)}\n`);
}

function remembered(run: Run): string[] {
  const file = besideFile(run);
  if (!existsSync(file)) return [];
  try {
    const { runs } = besideSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    return runs.map((folder) => resolve(run.folder, folder));
  } catch (cause) {
    throw new EstaError("configuration", `${file} is not what this version of estakit writes`, {
      hint: `Remove it, and name the other runs anew: \`esta report ${shownPath(run.folder)} OTHER\`.`,
      cause,
    });
  }
}
