/** What a reader must know to judge the numbers: which split chose, how sure they are, what the words mean. */
import { isAloneName } from "../../config/schema/method.js";
import { fieldOf, formatCount, formatField } from "../fields.js";
import { latencySettingText } from "../latency.js";
import type { ReportData } from "../report-data.js";
import type { ReportSummary } from "./summary.js";

export function makeNotes(data: ReportData, summary: ReportSummary): string[] {
  return [
    ...choiceNotes(data, summary),
    ...uncertaintyNotes(data, summary),
    ...paletteNotes(summary),
    ...referenceNotes(summary),
    "MACs are multiply-adds of one forward pass; FLOPs are twice as many. Parameters are those of the merged network, " +
      "memory is an estimate of its weights and of what it holds beside them for one sequence, in fp32.",
    ...latencyNotes(data),
    ...data.notes,
  ];
}

function choiceNotes(data: ReportData, { split }: ReportSummary): string[] {
  const { score } = data.method;
  const evaluated = data.stitches.filter(({ metrics }) => metrics[split] !== undefined).length;
  const chosen = isAloneName(data.method.name)
    ? ["Each network was tuned by itself; all of them are the palette."]
    : score === null
      ? []
      : [
          `The palette was chosen by the scores of training (${score}) alone, within each cost interval, before any ` +
            "stitch was evaluated. Whole anchors are always kept.",
        ];
  if (evaluated === 0) return [...chosen, `No stitch was evaluated on the ${split} split yet.`];
  const unseen =
    evaluated < data.stitches.length
      ? ` ${evaluated} of ${data.stitches.length} stitches were evaluated; the frontier is theirs.`
      : "";
  const frontier =
    split === "test"
      ? "The frontier is drawn on the test split, which chose nothing; reading the best stitch off it is a choice on " +
        "test data, so choose on validation."
      : `The frontier is drawn on the ${split} split; a stitch chosen on it looks better there than it is.`;
  return [...chosen, frontier + unseen];
}

/** One run is one draw of the seeds; a share on few examples is uncertain by itself. */
function uncertaintyNotes(data: ReportData, { split, metric, own }: ReportSummary): string[] {
  const seeds = Object.entries(data.environment?.seeds ?? {}).map(([name, value]) => `${name} ${value}`);
  const which = seeds.length === 0 ? "" : ` (seeds: ${seeds.join(", ")})`;
  const notes = [
    `One run${which}: differences smaller than those between seeds mean nothing. Repeat it with other seeds, and ` +
      "compare paired.",
  ];
  const examples = data.task.examples[split];
  const share = own.best?.[metric];
  const isMeanOfHits = metric.replaceAll("-", "_").includes("accuracy");
  if (!isMeanOfHits || examples === undefined || examples < 1 || typeof share !== "number") return notes;
  const error = Math.sqrt((share * (1 - share)) / examples);
  const points = (100 * error).toFixed(1);
  return [
    ...notes,
    `On ${formatCount(examples)} examples ${withArticle(fieldOf(metric).label.toLowerCase())} of ${formatField(metric, share)} has a standard error of ` +
      `${points} points.`,
  ];
}

function latencyNotes({ latency }: ReportData): string[] {
  if (latency === null) return [];
  const text = latencySettingText(latency);
  return [
    `Latency is the median over repeated forward passes of the merged network, the stitches taking turns, on ${text}.`,
  ];
}

const withArticle = (word: string): string => `${/^[aeiou]/.test(word) ? "an" : "a"} ${word}`;

/** What figures leave out. */
function paletteNotes({ own }: ReportSummary): string[] {
  const others = own.rows.length - own.kept.length;
  if (others === 0) return [];
  const [noun, verb] = others === 1 ? ["stitch", "was"] : ["stitches", "were"];
  return [
    `${formatCount(others)} ${noun} beside the palette ${verb} evaluated too. ` +
      "Best, hypervolume and gains are of the palette, the frontier is of all.",
  ];
}

function referenceNotes({ reference, axis, metric, own }: ReportSummary): string[] {
  if (reference === null) return [];
  const at = `${formatField(axis, reference.x)} ${fieldOf(axis).label} and ${formatField(metric, reference.y)}`;
  const scale =
    own.hypervolume?.scaled == null
      ? ""
      : `, as a share of the rectangle from there to no cost and ${formatField(metric, own.hypervolume.ideal?.y)}`;
  return [
    `Hypervolumes have their reference point at ${at} ${fieldOf(metric).label.toLowerCase()}${scale}; the same for all runs.`,
  ];
}
