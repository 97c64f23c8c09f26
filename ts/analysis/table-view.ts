/** A table as a value: text, HTML, SVG and plain data of the same rows. */
import { type Html, html } from "./charts/html.js";
import { DISPLAY, type Displayable, type MediaBundle } from "./display.js";
import { type Column, textTable } from "./table.js";

const FONT_PX = 13;
/** Width of a character of the usual fixed-width fonts, as a share of their size. */
const CHARACTER = 0.61;
const LINE_PX = 20;
const PAD_PX = 8;

/** Rows with a title, in every form. Columns say how a row's cells are written; `rows` holds the numbers. */
export class Table<Row extends object = Record<string, unknown>> implements Displayable {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly #columns: readonly Column<Row>[];

  constructor(title: string, rows: readonly Row[], columns: readonly Column<Row>[]) {
    this.title = title;
    this.rows = rows;
    this.#columns = columns;
  }

  /** Title, column headers, rows as they are, and each row's cells as they are shown. */
  toJSON(): { title: string; columns: string[]; rows: readonly Row[]; cells: string[][] } {
    const columns = this.#columns.map(({ header }) => header);
    return { title: this.title, columns, rows: this.rows, cells: this.#cells() };
  }

  /** Aligned text, without the title. */
  toString(): string {
    return textTable(this.rows, this.#columns);
  }

  /** A `<table>` that fits into any page: it has the page's own colours and fonts. */
  toHTML(): string {
    const style = (align: string) => `text-align:${align};padding:0.15em 0.6em`;
    const cells = (tag: "th" | "td", texts: readonly string[]): Html[] =>
      texts.map((text, i) => {
        const align = style(this.#columns[i]?.align ?? "left");
        return tag === "th"
          ? html`<th scope="col" style="${align}">${text}</th>`
          : html`<td style="${align}">${text}</td>`;
      });
    const headers = this.#columns.map(({ header }) => header);
    return html`<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">
<caption style="text-align:left;font-weight:600;padding:0.3em 0.6em">${this.title}</caption>
<thead><tr style="border-bottom:1px solid">${cells("th", headers)}</tr></thead>
<tbody>${this.#cells().map((row) => html`<tr>${cells("td", row)}</tr>\n`)}</tbody>
</table>`.toString();
  }

  /** The text table as a drawing of its own, dark on white. */
  toSVG(): string {
    const lines = [this.title, "", ...this.toString().split("\n")];
    const widest = Math.max(...lines.map((line) => [...line].length));
    const width = Math.ceil(widest * FONT_PX * CHARACTER) + 2 * PAD_PX;
    const height = lines.length * LINE_PX + 2 * PAD_PX;
    const texts = lines.map(
      (line, i) =>
        html`<text x="${PAD_PX}" y="${PAD_PX + (i + 0.75) * LINE_PX}" xml:space="preserve"${i === 0 ? html` font-weight="600"` : ""}>${line}</text>\n`,
    );
    return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${this.title}">
<rect width="100%" height="100%" fill="#fff"/>
<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_PX}" fill="#1b1f24">
${texts}</g>
</svg>`.toString();
  }

  /** What notebooks show. */
  [DISPLAY](): MediaBundle {
    return { "text/html": this.toHTML(), "text/plain": this.toString() };
  }

  #cells(): string[][] {
    return this.rows.map((row) => this.#columns.map((column) => column.text(row)));
  }
}
