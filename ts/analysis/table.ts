/** Aligned text tables, as pure strings. */
import { fieldOf, formatField } from "./fields.js";

export interface Column<Row> {
  readonly header: string;
  readonly align: "left" | "right";
  readonly text: (row: Row) => string;
}

/** A column of a named field: its known label, its known format, numbers to the right. */
export function fieldColumn<Row extends object>(key: keyof Row & string, header?: string): Column<Row> {
  const isText = key === "name" || key === "route";
  return {
    header: header ?? (isText || key === "id" ? key : fieldOf(key).label),
    align: isText ? "left" : "right",
    text: (row) => {
      const value: unknown = row[key];
      return typeof value === "string" ? value : formatField(key, value);
    },
  };
}

/** A column that marks some rows, for example those on the frontier; its header is empty. */
export function markColumn<Row>(isMarked: (row: Row) => boolean, mark = "*"): Column<Row> {
  return { header: "", align: "left", text: (row) => (isMarked(row) ? mark : "") };
}

/**
 * The table as lines without trailing spaces or newline: header, rule, rows. Control characters in the cells are
 * replaced, since they would break the lines or reach a terminal.
 */
export function textTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map((column) => clean(column.text(row))));
  const headers = columns.map(({ header }) => header);
  const widths = columns.map((_, i) =>
    [headers, ...cells].reduce((widest, line) => Math.max(widest, length(line[i] ?? "")), 0),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => pad(text, widths[i] ?? 0, columns[i]?.align ?? "left"))
      .join("  ")
      .trimEnd();
  return [line(headers), widths.map((width) => "-".repeat(width)).join("  "), ...cells.map(line)].join("\n");
}

/** Table of stitches: id, name, costs and the given fields, whatever their rows hold. */
export function stitchTable<Row extends { id: number; name: string; macs: number; params: number }>(
  rows: readonly Row[],
  fields: readonly (keyof Row & string)[] = [],
  isMarked?: (row: Row) => boolean,
): string {
  const keys: readonly (keyof Row & string)[] = ["id", "name", "macs", "params", ...fields];
  const columns = keys.map((key) => fieldColumn<Row>(key));
  return textTable(rows, isMarked === undefined ? columns : [markColumn(isMarked), ...columns]);
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - length(text)));
  return align === "left" ? text + space : space + text;
}

function clean(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}

function length(text: string): number {
  return [...text].length;
}
