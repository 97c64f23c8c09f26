/** Styles of the report, besides those of every page with charts. */
export const REPORT_STYLES = `
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 0.5rem; top: 0.5rem; background: var(--page); padding: 0.5rem; z-index: 10; }
header { background: var(--tint); border-bottom: 1px solid var(--grid); }
header > div { max-width: 72rem; margin: 0 auto; padding: 1.75rem 1.25rem 1.5rem; }
.brand { color: var(--muted); font-size: 0.875rem; margin: 0 0 0.375rem; }
header h1 { font-size: clamp(1.5rem, 4vw, 2.1rem); overflow-wrap: anywhere; }
.lead { max-width: 46rem; margin: 0; font-size: 1.0625rem; overflow-wrap: anywhere; }
main:focus { outline: none; }
main { max-width: 72rem; padding-top: 0.5rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.25rem 0 0.75rem; }
h3 { font-size: 1rem; margin: 1rem 0 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 9.5rem), 1fr)); gap: 0.75rem; margin: 1.25rem 0 0; }
.figures > div { background: var(--page); border: 1px solid var(--grid); border-radius: 0.625rem; padding: 0.75rem 1rem; }
.figures dt, .figures dd { margin: 0; color: var(--muted); font-size: 0.8125rem; overflow-wrap: anywhere; }
.figures dd.value { color: var(--ink); font-size: 1.35rem; font-weight: 600; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; max-width: 100%; border: 1px solid var(--grid); border-radius: 0.625rem; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: 0.8125rem; padding: 0.625rem 0.75rem 0.25rem; }
th, td { padding: 0.4rem 0.625rem; text-align: left; vertical-align: baseline; white-space: nowrap; }
th { font-weight: 600; color: var(--muted); border-bottom: 1px solid var(--grid); white-space: normal; }
tbody tr + tr td { border-top: 1px solid var(--grid); }
td small { color: var(--muted); font-size: 0.8125em; }
tbody tr:hover td { background: var(--tint); }
.right { text-align: right; }
#environment ~ .scroll td:last-child { white-space: normal; overflow-wrap: anywhere; min-width: 14rem; }
.examples td, .examples tbody th { white-space: normal; overflow-wrap: anywhere; vertical-align: top; min-width: 11rem; }
.examples tbody th { color: var(--ink); font-weight: 400; border-bottom: 0; }
.examples tbody tr + tr > * { border-top: 1px solid var(--grid); }
.examples .said { white-space: pre-wrap; }
.examples .short td { min-width: 6.5rem; }
.examples img { width: 4rem; height: auto; image-rendering: pixelated; border-radius: 0.25rem; display: block; }
.examples dl { margin: 0.25rem 0 0; color: var(--muted); font-size: 0.8125rem; }
.examples dl div { display: flex; gap: 0.375rem; }
.examples dt { flex: none; }
.examples dd { margin: 0; }
.examples tr > :first-child { position: sticky; left: 0; background: var(--page); }
.examples .cost { display: none; color: var(--muted); }
@media (max-width: 40rem) {
  .examples table, .examples tbody, .examples tr, .examples td, .examples tbody th, .examples caption { display: block; }
  .examples thead { position: absolute; left: -999rem; }
  .examples .cost { display: block; font-size: 0.8125em; }
  .examples tbody tr + tr > td { border-top: 0; }
  .examples tbody tr > :first-child { position: static; background: var(--tint); }
}
ul, ol { padding-left: 1.25rem; max-width: 50rem; }
li { margin: 0.375rem 0; overflow-wrap: anywhere; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0.5rem 2rem; }
.grid > div { min-width: 0; }
code, pre { font-family: ui-monospace, "SF Mono", Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace; font-size: 0.85em; }
.commands code { background: var(--tint); border: 1px solid var(--grid); border-radius: 0.375rem; padding: 0.125rem 0.4rem;
  white-space: pre-wrap; }
summary { cursor: pointer; color: var(--frontier); }
pre { background: var(--tint); border: 1px solid var(--grid); border-radius: 0.625rem; padding: 1rem; overflow-x: auto;
  line-height: 1.4; }
.none { color: var(--muted); }
@media print {
  header { background: none; }
  main, header > div { max-width: none; padding: 0 0 0.5rem; }
  section, figure, tr { break-inside: avoid; }
  section { break-inside: auto; }
  h2 { break-after: avoid; margin-top: 1.25rem; }
  .scroll { overflow: visible; border: 0; }
  th, td.left { white-space: normal; }
  th, td { padding: 0.25rem 0.375rem; font-size: 0.75rem; }
  /* Paper does not scroll: metrics beside the task's own stay on the screen. */
  #palette ~ .scroll .extra { display: none; }
}
`;
