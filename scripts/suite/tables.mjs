/**
 * The tables of README.md and docs/suite.md that state the suite's results: made from the files in results/, and from
 * nothing else. They stand between markers; a test fails where they are not what the files say.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup/index.mjs";

/** Document -> the table that it holds. */
const DOCUMENTS = { "README.md": summaryTable, "docs/suite.md": detailTables };
const BEGIN = "<!-- results: begin (node scripts/suite.mjs tables) -->";
const END = "<!-- results: end -->";

/** Writes every table anew; gives the documents that changed. */
export function writeTables(root = ROOT) {
  const results = readResults(root);
  const changed = [];
  for (const [file, table] of Object.entries(DOCUMENTS)) {
    const path = join(root, file);
    const text = readFileSync(path, "utf8");
    const next = withTable(text, table(results), file);
    if (next === text) continue;
    writeFileSync(path, next);
    changed.push(file);
  }
  return changed;
}

/** Documents whose tables are not what results/ says. */
export function staleTables(root = ROOT) {
  const results = readResults(root);
  return Object.entries(DOCUMENTS)
    .filter(([file, table]) => {
      const text = readFileSync(join(root, file), "utf8");
      return withTable(text, table(results), file) !== text;
    })
    .map(([file]) => file);
}

/** Task -> its comparison, in order of name; quick ones are no results. */
export function readResults(root = ROOT) {
  const folder = join(root, "results");
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  const results = {};
  for (const file of files.sort()) {
    const result = JSON.parse(readFileSync(join(folder, file), "utf8"));
    if (result.quick) throw new Error(`results/${file} is of a quick sweep, whose figures mean nothing`);
    results[file.replace(/\.json$/, "")] = result;
  }
  return results;
}

function withTable(text, table, file) {
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${file} has not the lines "${BEGIN}" and "${END}"`);
  return `${text.slice(0, start + BEGIN.length)}\n${table}\n${text.slice(end)}`;
}

const NOTHING = "No results are committed yet; `npm run suite` makes them.";

/** Arms that the README sets beside ESTA, and their headings. */
const RIVALS = {
  snnet: "SN-Net, equal steps",
  "snnet-time": "SN-Net, equal time",
  snnetv2: "SN-Netv2, equal steps",
  "snnetv2-time": "SN-Netv2, equal time",
  full: "each anchor tuned, equal steps",
  lora: "LoRA on each anchor, equal steps",
};

/** One row a task: ESTA's hypervolume, and how much more it is than each rival's, with its interval. */
export function summaryTable(results) {
  const tasks = Object.entries(results);
  if (tasks.length === 0) return NOTHING;
  const rivals = Object.entries(RIVALS).filter(([name]) => tasks.some(([, { arms }]) => find(arms, name)));
  const rows = tasks.map(([task, { arms, reference }]) => {
    const own = find(arms, reference);
    return [
      `${task} (${own.runs.length} seeds)`,
      area(own.mean.hypervolume),
      ...rivals.map(([name]) => advantage(find(arms, name))),
    ];
  });
  return markdown(["task", "ESTA", ...rivals.map(([, title]) => `over ${title}`)], rows);
}

/** Every arm of every task. */
export function detailTables(results) {
  const tasks = Object.entries(results);
  if (tasks.length === 0) return NOTHING;
  return tasks
    .map(([task, result]) => {
      const { x, y } = result.hypervolume.reference;
      const rows = result.arms.map((arm) => [
        arm.name,
        arm.view,
        area(arm.mean.hypervolume),
        arm.name === result.reference ? "" : advantage(arm, -1),
        share(arm.mean.best),
        arm.mean.regret === null ? "" : (100 * arm.mean.regret).toFixed(2),
        arm.mean.share_of_best === null ? "" : area(arm.mean.share_of_best),
        tauOf(arm),
        String(Math.round(arm.mean.steps)),
        arm.mean.training_seconds.toFixed(0),
        count(arm.mean.trainable_params),
      ]);
      const seeds = find(result.arms, result.reference).runs.map(({ seed }) => seed);
      const unit = result.hypervolume.ideal === null ? "" : ", scaled to 1";
      return [
        `### ${task}: ${result.title}`,
        `Seeds ${seeds.join(", ")}; reference point at ${count(x)} MACs and ${result.metric} ${y.toFixed(3)}${unit}. ` +
          `From [results/${task}.json](../results/${task}.json), made by \`${result.commands.join("; ")}\`.`,
        markdown(
          [
            ...["arm", "budget", "hypervolume", `minus ${result.reference}`, `best ${result.metric}`],
            ...["regret (points)", "of the best palette", "tau", "steps", "seconds", "trainable"],
          ],
          rows,
        ),
      ].join("\n\n");
    })
    .join("\n\n");
}

/** How much more the reference's hypervolume is than the arm's (`sign` -1: the other way round). */
function advantage(arm, sign = 1) {
  const measure = arm?.paired?.measures.find(({ name }) => name === "hypervolume");
  if (measure === undefined) return "";
  const { difference, low, high } = measure;
  const ends =
    low === null
      ? ""
      : ` (${[-sign * low, -sign * high]
          .sort((a, b) => a - b)
          .map((end) => signed(end))
          .join(" to ")})`;
  return signed(-sign * difference) + ends;
}

/** Mean tau of the score that chose, over the runs that have one. */
function tauOf({ runs }) {
  const taus = runs.flatMap(({ score, rankings }) =>
    rankings
      .filter((one) => one.score === score && one.ranking.tau !== null)
      .map(({ ranking }) => ranking.tau),
  );
  return taus.length === 0 ? "" : signed(taus.reduce((sum, tau) => sum + tau, 0) / taus.length, 2);
}

const find = (arms, name) => arms.find((arm) => arm.name === name);
const area = (value) => value.toFixed(3);
const share = (value) => `${(100 * value).toFixed(1)} %`;

function signed(value, digits = 3) {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

function count(value) {
  for (const [limit, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ]) {
    if (value >= limit) return `${(value / limit).toPrecision(3)} ${unit}`;
  }
  return String(value);
}

function markdown(header, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
