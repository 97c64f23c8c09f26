/** Examples by budget as a table; at phone width each example is a card that lists the networks below each other. */
import { type Html, html } from "../charts/html.js";
import type { ExampleCell, ExampleColumn, ExampleRow, Examples } from "./samples.js";

export function examplesTable({ caption, kind, columns, rows }: Examples): Html {
  const heads = columns.map(({ name, cost }) => html`<th scope="col">${cost}<br><small>${name}</small></th>`);
  const size = kind === "classification" ? "short" : "long";
  return html`<div class="scroll examples" role="region" aria-label="${caption}" tabindex="0">
<table class="${size}"><caption>${caption}</caption>
<thead><tr><th scope="col">Example</th>${heads}</tr></thead>
<tbody>${rows.map((row) => exampleRow(row, columns))}</tbody>
</table></div>`;
}

function exampleRow(
  { title, given, image, expected, cells }: ExampleRow,
  columns: readonly ExampleColumn[],
): Html {
  const picture = image !== undefined && html`<img src="${image}" alt="${title}, ${expected}">`;
  const text = given !== "" && html`<div class="said">${given}</div>`;
  const said = cells.map((cell, i) => exampleCell(cell, columns[i]));
  return html`<tr><th scope="row">${picture}${text}
<dl><div><dt>expected</dt><dd>${expected}</dd></div></dl></th>${said}</tr>`;
}

/** The cost is shown where the head of the column is not. Marks are words to those who do not see them. */
function exampleCell(cell: ExampleCell | null, column: ExampleColumn | undefined): Html {
  const cost = html`<span class="cost">${column?.cost}, ${column?.name}</span>`;
  if (cell === null) return html`<td>${cost}-</td>`;
  const mark =
    cell.isRight === undefined
      ? null
      : html`<span role="img" aria-label="${cell.isRight ? "right" : "wrong"}">${cell.isRight ? "✓" : "✗"}</span> `;
  return html`<td>${cost}${mark}<span class="said">${cell.said}</span></td>`;
}
