/** A comparison as a page of its own, in the form of a run's report. */
import { stringify } from "yaml";
import type { Chart } from "../charts/chart.js";
import { type Html, html } from "../charts/html.js";
import { chartFigure, pageShell } from "../charts/page.js";
import type { ContentTable } from "../report/content.js";
import { commandList, htmlList, htmlTable, section } from "../report/page.js";
import { REPORT_STYLES } from "../report/styles.js";
import type { ComparisonContent } from "./content.js";
import type { ComparisonData } from "./data.js";

export async function comparisonPage(
  content: ComparisonContent,
  data: ComparisonData,
  charts: { frontiers: Chart; differences: Chart | null },
): Promise<string> {
  const frontiers = await chartFigure(charts.frontiers, {
    id: "frontiers-chart",
    caption: `${charts.frontiers.description} Marks are the stitches of each run's palette.`,
  });
  const differences =
    charts.differences === null
      ? null
      : await chartFigure(charts.differences, {
          id: "differences-chart",
          caption: "A grey tick is one seed; the dot is the mean, the bar its bootstrap interval.",
        });
  const part = (id: string, title: string, table: ContentTable | null): Html | null =>
    table === null ? null : section(id, title, htmlTable(table));
  const body = html`<a class="skip" href="#main">Skip to the comparison</a>
<header><div>
<p class="brand">estakit comparison</p>
<h1>${content.title}</h1>
<p class="lead">${content.lead}</p>
</div></header>
<main id="main" tabindex="-1">
${section("frontiers", "Frontiers", frontiers)}
${content.views.map(({ title, table }, i) => part(`view-${i}`, title, table))}
${differences && section("differences", "Differences", differences)}
${part("budgets", "Within budgets", content.budgets)}
${part("choice", "The choice", content.choice)}
${part("scores", "Scores", content.rankings)}
${part("same", "One by one", content.same)}
${part("cost", "Cost", content.cost)}
${section("notes", "How to read this", htmlList(content.notes))}
${data.commands.length > 0 && section("reproduce", "How to repeat it", commandList(data.commands))}
${data.sweep !== null && section("sweep", "Sweep", sweepBlock(data.sweep))}
${part("environment", "Environment", content.environment)}
</main>`;
  return pageShell({ title: content.title, styles: REPORT_STYLES, body });
}

function sweepBlock(sweep: unknown): Html {
  return html`<details><summary>The sweep (YAML)</summary>
<pre tabindex="0" aria-label="Sweep">${stringify(sweep)}</pre></details>`;
}
