/** The report as Markdown and as plain text. */
import { stringify } from "yaml";
import type { ReportData } from "../report-data.js";
import { textTable } from "../table.js";
import type { ContentTable, ReportContent } from "./content.js";
import type { Examples } from "./samples.js";

/** Markdown with the frontier as a chart of text; everything from outside is escaped. */
export function reportMarkdown(content: ReportContent, data: ReportData, chart: string): string {
  const list = (items: readonly string[]) => items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");
  const sections = [
    `# ${escapeMarkdown(content.title)}`,
    escapeMarkdown(content.lead),
    content.figures
      .map(
        ({ label, value, detail }) =>
          `- **${escapeMarkdown(label)}**: ${escapeMarkdown(value)} (${escapeMarkdown(detail)})`,
      )
      .join("\n"),
    "## Frontier",
    fence(chart, "text"),
    markdownTable(content.frontier),
    list(content.gains),
    "## Palette",
    markdownTable(content.palette),
    ...(content.examples === null ? [] : ["## Examples by budget", examplesMarkdown(content.examples)]),
    "## Training cost beside the baselines",
    markdownTable(content.comparison),
    "## Notes",
    list(content.notes),
    "## How to reproduce",
    fence(data.commands.join("\n"), "sh"),
    "## Configuration",
    fence(stringify(data.config).trimEnd(), "yaml"),
    "## Environment",
    markdownTable(content.environment),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

/** Plain text for a terminal. */
export function reportText(content: ReportContent, chart: string): string {
  const table = ({ caption, columns, rows }: ContentTable) => {
    const shown = columns
      .map((column, i) => ({ ...column, text: (row: readonly string[]) => row[i] ?? "" }))
      .filter(({ isExtra }) => isExtra !== true);
    return `${caption}\n\n${textTable(rows, shown)}`;
  };
  const notes = content.notes.map((note) => `- ${note}`).join("\n");
  const parts = [content.title, content.lead, chart, content.gains.join("\n")];
  return [...parts, table(content.palette), table(content.comparison), notes]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** A list an example: what was given, what was expected, what each network says. */
function examplesMarkdown({ caption, columns, rows }: Examples): string {
  const lists = rows.map(({ title, given, expected, cells }) => {
    const said = cells.map((cell, i) => {
      const { name = "", cost = "" } = columns[i] ?? {};
      const mark = cell?.isRight === undefined ? "" : cell.isRight ? " (right)" : " (wrong)";
      const text = cell === null ? "not noted" : `${cell.said}${mark}`;
      return `  - **${escapeMarkdown(`${name}, ${cost}`)}**: ${escapeMarkdown(text)}`;
    });
    const shown = given === "" ? "" : `: ${escapeMarkdown(given)}`;
    return [`- ${title}${shown}`, `  - **expected**: ${escapeMarkdown(expected)}`, ...said].join("\n");
  });
  return [escapeMarkdown(caption), ...lists].join("\n\n");
}

export function markdownTable({ columns, rows }: ContentTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  const rule = `|${columns.map(({ align }) => (align === "right" ? " ---: " : " --- ")).join("|")}|`;
  return [line(columns.map(({ header }) => header)), rule, ...rows.map(line)].join("\n");
}

/** No name can end a cell, begin markup or HTML, or start a new line. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>|#~]/g, (character) => `\\${character}`);
}

/** A fence longer than any run of backticks inside. */
export function fence(text: string, language: string): string {
  if (text === "") return "";
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
  const marks = "`".repeat(longest + 1);
  return `${marks}${language}\n${text}\n${marks}`;
}
