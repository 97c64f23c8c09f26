/** The report as a page of its own: readable on a phone, in the dark, on paper, without a network, without a script. */
import { stringify } from "yaml";
import type { Chart } from "../charts/chart.js";
import { type Html, html } from "../charts/html.js";
import { chartFigure, pageShell } from "../charts/page.js";
import type { ReportData } from "../report-data.js";
import type { ContentTable, ReportContent } from "./content.js";
import { examplesTable } from "./samples-html.js";
import { REPORT_STYLES } from "./styles.js";

export interface ReportCharts {
  readonly results: Chart;
  /** Charts of the training, where its steps are known. */
  readonly training: readonly Chart[];
}

export async function reportPage(
  content: ReportContent,
  data: ReportData,
  charts: ReportCharts,
): Promise<string> {
  const frontier = await chartFigure(charts.results, {
    id: "frontier-chart",
    caption: `${charts.results.description} Point at a mark for its stitch; the table below holds the frontier.`,
  });
  const body = html`<a class="skip" href="#main">Skip to the report</a>
<header><div>
<p class="brand">estakit report</p>
<h1>${content.title}</h1>
<p class="lead">${content.lead}</p>
${keyFigures(content)}
</div></header>
<main id="main" tabindex="-1">
${section("frontier", "Frontier", html`${frontier}${htmlTable(content.frontier)}${htmlList(content.gains)}`)}
${section("palette", "Palette", htmlTable(content.palette))}
${content.examples !== null && section("examples", "Examples by budget", examplesTable(content.examples))}
${section("cost", "Training cost beside the baselines", htmlTable(content.comparison))}
${section("notes", "How to read this", htmlList(content.notes))}
${charts.training.length > 0 && section("training", "How training went", await trainingFigures(charts.training))}
${data.commands.length > 0 && section("reproduce", "How to reproduce", commandList(data.commands))}
${section("configuration", "Configuration", configurationBlock(data))}
${section("environment", "Environment", htmlTable(content.environment))}
</main>`;
  return pageShell({ title: content.title, styles: REPORT_STYLES, body });
}

export function section(id: string, title: string, body: Html): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${body}
</section>`;
}

function keyFigures({ figures }: ReportContent): Html {
  const items = figures.map(
    ({ label, value, detail }) =>
      html`<div><dt>${label}</dt><dd class="value">${value}</dd><dd>${detail}</dd></div>`,
  );
  return html`<dl class="figures">${items}</dl>`;
}

/** A table in a box that scrolls by itself, so that the page never does; reachable by keyboard. */
export function htmlTable({ caption, columns, rows }: ContentTable): Html {
  if (rows.length === 0) return html`<p class="none">${caption}: none.</p>`;
  const route = columns.findIndex(({ header }) => header === "Route");
  const shown = columns.map((column, i) => ({ ...column, i })).filter(({ i }) => i !== route);
  const heads = shown.map(
    ({ header, align, isExtra }) => html`<th scope="col" class="${classOf(align, isExtra)}">${header}</th>`,
  );
  const lines = rows.map((row) => {
    const cells = shown.map(({ align, isExtra, i }) => {
      // The route stands below the name, which saves the widest column.
      const below = i === route - 1 ? html`<br><small>${row[route]}</small>` : null;
      return html`<td class="${classOf(align, isExtra)}">${row[i]}${below}</td>`;
    });
    return html`<tr>${cells}</tr>`;
  });
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table><caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${lines}</tbody>
</table></div>`;
}

function classOf(align: string, isExtra: boolean | undefined): string {
  return isExtra === true ? `${align} extra` : align;
}

export function htmlList(items: readonly string[]): Html {
  return items.length === 0 ? html`` : html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}

async function trainingFigures(charts: readonly Chart[]): Promise<Html> {
  const figures: Html[] = [];
  for (const [i, chart] of charts.entries()) {
    const figure = await chartFigure(chart, { id: `training-chart-${i}`, caption: chart.description });
    figures.push(html`<div><h3>${chart.title}</h3>${figure}</div>`);
  }
  return html`<div class="grid">${figures}</div>`;
}

export function commandList(commands: readonly string[]): Html {
  const lines = commands.map((command) => html`<li><code>${command}</code></li>`);
  return html`<ol class="commands">${lines}</ol>`;
}

function configurationBlock({ config }: ReportData): Html {
  return html`<details><summary>Resolved configuration (YAML)</summary>
<pre tabindex="0" aria-label="Configuration">${stringify(config)}</pre></details>`;
}
