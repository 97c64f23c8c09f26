/**
 * Pages that hold charts: one file, nothing loaded from anywhere (a content security policy forbids it). Each
 * chart stands there as drawn SVG, and Vega's own view takes its place once the script runs.
 */
import type { Chart } from "./chart.js";
import { type Html, html, scriptJson, trusted } from "./html.js";
import { PAGE_SCRIPT } from "./page-script.js";
import { FONT, THEMES, themeProperties } from "./theme.js";
import { readVegaScript } from "./vega.js";

export interface FigureOptions {
  readonly id: string;
  readonly caption: string;
}

/** Charts whose specification is larger are not drawn in advance: the drawing would double the page. */
const LARGEST_DRAWN_SPEC = 500_000;

/** A figure with one chart; `pageShell` adds what brings it to life. */
export async function chartFigure(chart: Chart, { id, caption }: FigureOptions): Promise<Html> {
  const spec = scriptJson(await chart.compileForPage());
  const isSmall = spec.toString().length <= LARGEST_DRAWN_SPEC;
  const stage = isSmall
    ? trusted(await chart.drawForPage())
    : html`<noscript>${chart.description}</noscript>`;
  return html`<figure id="${id}" data-chart>
<div class="controls"></div>
<div class="stage">${stage}</div>
<script type="application/json">${spec}</script>
<figcaption>${caption}</figcaption>
</figure>`;
}

/** A whole page around `body`. */
export function pageShell({ title, styles, body }: { title: string; styles: string; body: Html }): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(BASE_STYLES + styles)}</style>
</head>
<body>
${body}
<script>${trusted(readVegaScript())}</script>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return page.toString();
}

/** The page of a single chart. */
export async function chartPage(chart: Chart): Promise<string> {
  const figure = await chartFigure(chart, { id: "chart", caption: chart.description });
  const body = html`<main>
<h1>${chart.title}</h1>
${figure}
</main>`;
  return pageShell({ title: chart.title, styles: "", body });
}

/** Vega compiles its expressions, hence unsafe-eval; nothing may be loaded or sent. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; " +
  "base-uri 'none'; form-action 'none'";

const BASE_STYLES = `
:root { ${themeProperties(THEMES.light)} --tint: #f5f7f9; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { @media screen { :root { ${themeProperties(THEMES.dark)} --tint: #1a212b; } } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
  font-family: ${FONT}; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.75rem; letter-spacing: -0.01em; }
figure { margin: 1rem 0; }
figcaption { color: var(--muted); font-size: 0.875rem; max-width: 60em; margin-top: 0.5rem; }
.stage { width: 100%; min-width: 0; overflow: hidden; }
.stage svg { display: block; max-width: 100%; height: auto; }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; font-size: 0.875rem; }
.controls:not(:empty) { margin-bottom: 0.75rem; }
.vega-bind-name { color: var(--muted); margin-right: 0.5rem; }
select { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--muted);
  border-radius: 0.375rem; padding: 0.25rem 0.5rem; }
select:focus-visible, a:focus-visible, summary:focus-visible, .scroll:focus-visible {
  outline: 2px solid var(--frontier); outline-offset: 2px; }
.tip { position: fixed; z-index: 9; pointer-events: none; max-width: min(26rem, calc(100vw - 1rem)); background: var(--page);
  color: var(--ink); border: 1px solid var(--grid); border-radius: 0.5rem; box-shadow: 0 4px 18px rgb(0 0 0 / 0.18);
  padding: 0.5rem 0.75rem; font-size: 0.8125rem; line-height: 1.45; }
.tip[hidden] { display: none; }
.tip dl { display: grid; grid-template-columns: auto 1fr; gap: 0 0.75rem; margin: 0; }
.tip dt { color: var(--muted); }
.tip dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
@media print { .controls, .tip { display: none; } }
`;
