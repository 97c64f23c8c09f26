/** Examples by budget: a row an example, a column a network of the palette, cheapest to dearest. */
import { fieldOf, formatField } from "../fields.js";
import type { ReportData, ReportSample } from "../report-data.js";

export interface ExampleColumn {
  readonly stitch: number;
  readonly name: string;
  /** Its cost on the axis of the palette, in words. */
  readonly cost: string;
}

export interface ExampleCell {
  /** The class with its probability, or the answer. */
  readonly said: string;
  /** Of classes only; an answer is right in more than one wording. */
  readonly isRight?: boolean;
}

export interface ExampleRow {
  readonly title: string;
  /** The text or the conversation; empty for an image. */
  readonly given: string;
  /** A PNG as a data URI. */
  readonly image?: string;
  readonly expected: string;
  /** One a column; null where that network did not see the example. */
  readonly cells: readonly (ExampleCell | null)[];
}

export interface Examples {
  readonly caption: string;
  readonly kind: ReportSample["kind"];
  readonly columns: readonly ExampleColumn[];
  readonly rows: readonly ExampleRow[];
}

/** The examples of `data`; null where none were noted. */
export function makeExamples(data: ReportData): Examples | null {
  const { samples } = data;
  const [first] = samples;
  if (first === undefined) return null;
  const columns = makeColumns(data);
  const rows = [...byExample(samples)].map((lines) => makeRow(lines, columns));
  const what = first.kind === "answer" ? "Answers to" : "What the networks say to";
  const axis = fieldOf(data.deployment.axis).label;
  const which = first.kind === "answer" ? "examples" : "examples on which they differ most, so hard ones,";
  const caption = `${what} ${which} of the ${first.split} split, networks by ${axis}, cheapest first; nothing was chosen by them`;
  return { caption, kind: first.kind, columns, rows };
}

function makeColumns({ samples, stitches, deployment }: ReportData): ExampleColumn[] {
  const axis = deployment.axis as "macs";
  const shown = new Set(samples.map(({ stitch }) => stitch));
  return stitches
    .filter(({ id }) => shown.has(id))
    .sort((a, b) => a[axis] - b[axis] || a.id - b.id)
    .map((stitch) => ({
      stitch: stitch.id,
      name: stitch.name,
      cost: `${formatField(axis, stitch[axis])} ${fieldOf(axis).label}`,
    }));
}

/** The lines of each example, in the order of their first. */
function byExample(samples: readonly ReportSample[]): Iterable<[ReportSample, ...ReportSample[]]> {
  const groups = new Map<string, [ReportSample, ...ReportSample[]]>();
  for (const sample of samples) {
    const key = `${sample.split} ${sample.example}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  return groups.values();
}

function makeRow(
  lines: readonly [ReportSample, ...ReportSample[]],
  columns: readonly ExampleColumn[],
): ExampleRow {
  const [first] = lines;
  const said = new Map(lines.map((line) => [line.stitch, makeCell(line)]));
  const image = first.kind === "classification" ? first.image : undefined;
  return {
    title: `Example ${first.example}`,
    given: printable(givenText(first)),
    // Whatever else a file might name there would be loaded from somewhere.
    ...(image?.startsWith("data:image/png;base64,") ? { image } : {}),
    expected: printable(first.expected),
    cells: columns.map(({ stitch }) => said.get(stitch) ?? null),
  };
}

function givenText(sample: ReportSample): string {
  if (sample.kind === "classification")
    return [sample.text, sample.text_pair].filter((text) => text !== undefined).join("\n/ ");
  const [only, ...others] = sample.prompt;
  if (only !== undefined && others.length === 0 && only.role === "user") return only.content;
  return sample.prompt.map(({ role, content }) => `${role}: ${content}`).join("\n");
}

/** Untrained networks say anything: control characters but line ends and tabs are shown as what they are not. */
const printable = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, "\u{fffd}");

function makeCell(sample: ReportSample): ExampleCell {
  if (sample.kind === "classification") {
    const { predicted, probability, expected } = sample;
    const sure = probability === null ? "" : ` ${formatField("accuracy", probability)}`;
    return { said: `${printable(predicted)}${sure}`, isRight: predicted === expected };
  }
  if (sample.answer === null) return { said: "(numbers were not finite)" };
  const text = sample.answer.trim() === "" ? "(says nothing)" : printable(sample.answer);
  return { said: sample.cut ? `${text} ...` : text };
}
