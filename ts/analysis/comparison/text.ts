/** A comparison as Markdown and as plain text. */
import { stringify } from "yaml";
import type { ContentTable } from "../report/content.js";
import { escapeMarkdown, fence, markdownTable } from "../report/text.js";
import { textTable } from "../table.js";
import type { ComparisonContent } from "./content.js";
import type { ComparisonData } from "./data.js";

export function comparisonMarkdown(content: ComparisonContent, data: ComparisonData, chart: string): string {
  const list = (items: readonly string[]) => items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");
  const part = (title: string, table: ContentTable | null) =>
    table === null ? [] : [`## ${title}`, markdownTable(table)];
  const sections = [
    `# ${escapeMarkdown(content.title)}`,
    escapeMarkdown(content.lead),
    ...content.views.flatMap(({ title, table }) => part(title, table)),
    "## Frontiers",
    fence(chart, "text"),
    ...part("Within budgets", content.budgets),
    ...part("The choice", content.choice),
    ...part("Scores", content.rankings),
    ...part("One by one", content.same),
    ...part("Cost", content.cost),
    "## Notes",
    list(content.notes),
    "## How to repeat it",
    fence(data.commands.join("\n"), "sh"),
    ...(data.sweep === null ? [] : ["## Sweep", fence(stringify(data.sweep).trimEnd(), "yaml")]),
    ...part("Environment", content.environment),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

/** Plain text for a terminal. */
export function comparisonText(content: ComparisonContent, chart: string): string {
  const table = (one: ContentTable | null) => (one === null ? "" : asText(one));
  const { views, budgets, choice, rankings, same, cost, notes } = content;
  return [
    `${content.title}\n${content.lead}`,
    chart,
    ...views.map((view) => table(view.table)),
    ...[budgets, choice, rankings, same, cost].map(table),
    notes.map((note) => `- ${note}`).join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function asText({ caption, columns, rows }: ContentTable): string {
  const shown = columns.map((column, i) => ({ ...column, text: (row: readonly string[]) => row[i] ?? "" }));
  return `${caption}\n\n${textTable(rows, shown)}`;
}
